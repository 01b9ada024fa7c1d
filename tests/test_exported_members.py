"""The public names of the package."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

import clone_cqrs

# The contract: a name leaves this list in a major version only.
PUBLIC = [
    "Application",
    "BaseCommandHandler",
    "BaseQueryHandler",
    "Command",
    "CommandBus",
    "CommandResult",
    "ConsistencyRule",
    "ConsistencyToken",
    "Database",
    "DeadLetters",
    "DomainEvent",
    "EventLog",
    "EventPublisher",
    "EventSubscriber",
    "EventualConsistencyHandler",
    "MaterializedView",
    "Page",
    "Payload",
    "Personal",
    "Query",
    "QueryBus",
    "QueryResult",
    "anyone",
    "current_caller",
    "has_role",
    "owner_of",
]


def test_exports_the_public_names_and_no_others() -> None:
    assert sorted(clone_cqrs.__all__) == sorted(PUBLIC)
    assert set(PUBLIC) <= set(dir(clone_cqrs))


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_name_can_be_imported(name: str) -> None:
    namespace: dict[str, object] = {}
    exec(f"from clone_cqrs import {name}", namespace)
    assert namespace[name] is getattr(clone_cqrs, name)


def test_a_type_checker_sees_the_names_that_are_loaded() -> None:
    # The names stand twice: once for the type checker, once for what is loaded. They must say the same.
    tree = ast.parse(Path(clone_cqrs.__file__).read_text(encoding="utf-8"))
    (for_checkers,) = (node for node in tree.body if isinstance(node, ast.If) and isinstance(node.test, ast.Name))
    imports = [node for node in for_checkers.body if isinstance(node, ast.ImportFrom)]
    assert {alias.name: node.module for node in imports for alias in node.names} == clone_cqrs._MODULE_OF


def test_another_name_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'Nonsense'"):
        _ = clone_cqrs.Nonsense  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("statement", "not_loaded"),
    [
        ("import clone_cqrs", ["pydantic", "asyncpg", "structlog", "sqlalchemy", "alembic"]),
        ("from clone_cqrs import Command, Payload", ["asyncpg", "structlog", "sqlalchemy", "alembic"]),
        ("from clone_cqrs import Application", ["sqlalchemy", "alembic", "typer", "argon2", "clone_cqrs.domain"]),
        ("import clone_cqrs.cli", ["asyncpg", "sqlalchemy", "alembic", "pydantic"]),
    ],
)
def test_loads_no_more_than_is_used(statement: str, not_loaded: list[str]) -> None:
    program = f"import sys; {statement}; print(*(name for name in {not_loaded} if name in sys.modules))"
    run = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert run.stdout.split() == []
