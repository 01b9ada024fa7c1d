"""docs/errors.md has every error, with the code and the HTTP status that the class has, and no other."""

import importlib
import pkgutil
import re

from tests.docs.markdown import ROOT

import clone_cqrs
from clone_cqrs.errors import CqrsError

_ROW = re.compile(r"^\| `(?P<name>\w+)` \| `(?P<code>\w+)` \| (?P<status>\d{3}|-) \|", re.MULTILINE)


def subclasses(base: type[CqrsError]) -> list[type[CqrsError]]:
    return [found for child in base.__subclasses__() for found in (child, *subclasses(child))]


def documented() -> set[tuple[str, str, str]]:
    page = (ROOT / "docs" / "errors.md").read_text(encoding="utf-8")
    return {(row["name"], row["code"], row["status"]) for row in _ROW.finditer(page)}


def test_every_error_is_documented_as_it_is() -> None:
    # All of it, whatever other tests have imported: migrations alone are run by Alembic, not imported.
    for module in pkgutil.walk_packages(clone_cqrs.__path__, "clone_cqrs."):
        if "migrations" not in module.name:
            importlib.import_module(module.name)
    ours = [each for each in subclasses(CqrsError) if each.__module__.split(".")[0] == "clone_cqrs"]
    # Elsewhere in the package, an error that shares the code of its base is that outcome.
    named = [each for each in ours if each.__module__ == CqrsError.__module__ or "code" in vars(each)]
    assert documented() == {(each.__name__, each.code, str(each.http_status or "-")) for each in named}
