"""requirements/ says what pyproject.toml asks for, with hashes, and every file the same of a package."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version
from tests.repository.tracked import ROOT

FILES = ("build", "runtime", "dev", "lock")
_PIN = re.compile(r"^(?P<name>[\w.-]+)==(?P<version>\S+)(?: ; [^\\\n]+)?(?P<rest>(?: \\\n    --hash=sha256:[0-9a-f]{64})+)\n")
_OURS = re.compile(r"^    #(?: via|  ) clone-cqrs \(pyproject.toml(?::\w+)?\)$", re.MULTILINE)


@dataclass(frozen=True)
class Pin:
    version: Version
    is_asked_for: bool


def read(file: str) -> str:
    return (ROOT / "requirements" / f"{file}.txt").read_text(encoding="utf-8")


def pins(file: str) -> dict[str, Pin]:
    """The pinned packages of a file, and whether each is asked for by pyproject.toml itself."""
    found: dict[str, Pin] = {}
    for entry in re.split(r"^(?=\w)", read(file), flags=re.MULTILINE)[1:]:
        pin = _PIN.match(entry)
        assert pin is not None, entry
        found[canonicalize_name(pin["name"])] = Pin(Version(pin["version"]), bool(_OURS.search(entry)))
    return found


def asked_for(file: str) -> Iterator[Requirement]:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    if file != "runtime":
        yield from map(Requirement, project["dependency-groups"][file])
        return
    extras = project["project"]["optional-dependencies"]
    pending = [*project["project"]["dependencies"], *extras["all"]]
    while pending:
        requirement = Requirement(pending.pop())
        if requirement.name == "clone-cqrs":
            pending += [one for extra in requirement.extras for one in extras[extra]]
        else:
            yield requirement


@pytest.mark.parametrize("file", FILES)
def test_pins_what_is_asked_for_and_nothing_that_is_not(file: str) -> None:
    locked = pins(file)
    asked = {canonicalize_name(requirement.name): requirement for requirement in asked_for(file)}
    assert {name for name, pin in locked.items() if pin.is_asked_for} == set(asked), "run `make lock`"
    unfit = [name for name, requirement in asked.items() if locked[name].version not in requirement.specifier]
    assert unfit == [], "run `make lock`"


def test_all_extras_are_in_all() -> None:
    project: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    extras = project["project"]["optional-dependencies"]
    assert Requirement(extras["all"][0]).extras == set(extras) - {"all"}


def test_the_files_agree_on_every_package_they_share() -> None:
    versions: dict[str, set[Version]] = {}
    for file in FILES:
        for name, pin in pins(file).items():
            versions.setdefault(name, set()).add(pin.version)
    assert [name for name, found in versions.items() if len(found) > 1] == []


@pytest.mark.parametrize("file", FILES)
def test_tells_neither_addresses_nor_paths(file: str) -> None:
    assert [line for line in read(file).splitlines() if re.search(r"://|--index|--find-links|[ =]/", line)] == []
