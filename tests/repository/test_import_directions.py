"""import-linter is told the place of every part of the package, and a part that exists is not optional to it."""

import re
import tomllib
from typing import Any

from tests.repository.tracked import ROOT


def contract() -> dict[str, Any]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    (layers,) = (each for each in project["tool"]["importlinter"]["contracts"] if each["type"] == "layers")
    return dict(layers)


def test_every_part_has_its_layer() -> None:
    named = set(re.findall(r"\w+", " ".join(contract()["layers"])))
    parts = {path.stem for path in (ROOT / "src" / "clone_cqrs").iterdir() if path.suffix == ".py" or path.is_dir()}
    assert parts - named - {"__init__", "__main__", "__pycache__"} == set()
    assert contract()["exhaustive"] is True


def test_the_toolkit_knows_no_domain() -> None:
    assert "domain" in contract()["layers"][0]
