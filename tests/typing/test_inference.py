"""mypy --strict, without plugins, infers what public_inference.py states, and refuses what it marks.

Planted bugs, each seen to fail it: `execute` that answers CommandResult[Any]; `unwrap` that may answer None.
"""

from pathlib import Path

import pytest
from mypy import api

STATEMENTS = Path(__file__).with_name("public_inference.py")
REPOSITORY = Path(__file__).parents[2]


def test_mypy_infers_the_public_types(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(REPOSITORY)
    arguments = ["--strict", "--config-file", "pyproject.toml", "--cache-dir", str(tmp_path), str(STATEMENTS)]
    output, errors, _ = api.run([*arguments, "--follow-imports", "silent"])
    assert errors == ""
    assert [line for line in output.splitlines() if "public_inference" in line] == []
    assert "Success" in output
