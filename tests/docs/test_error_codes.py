"""docs/errors.md has every error, with the code and the HTTP status that the class has, and no other."""

import importlib
import re

from tests.docs.markdown import ROOT

from clone_cqrs.errors import CqrsError

_ROW = re.compile(r"^\| `(?P<name>\w+)` \| `(?P<code>\w+)` \| (?P<status>\d{3}|-) \|", re.MULTILINE)


def subclasses(base: type[CqrsError]) -> list[type[CqrsError]]:
    return [found for child in base.__subclasses__() for found in (child, *subclasses(child))]


def documented() -> set[tuple[str, str, str]]:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return {(row["name"], row["code"], row["status"]) for row in _ROW.finditer(page)}


def test_every_error_is_documented_as_it_is() -> None:
    ours = [each for each in subclasses(CqrsError) if each.__module__ == CqrsError.__module__]
    assert documented() == {(each.__name__, each.code, str(each.http_status or "-")) for each in ours}


def test_every_code_of_the_package_is_documented() -> None:
    importlib.import_module("clone_cqrs")
    ours = [each for each in subclasses(CqrsError) if each.__module__.startswith("clone_cqrs.")]
    assert {each.code for each in ours} == {code for _, code, _ in documented()}
