"""The public names are the contract: this list changes only together with the changelog."""

import inspect
import subprocess
import sys

from tests.docs.markdown import ROOT

import clone_cqrs
import clone_cqrs.domain

TOOLKIT = [
    "Application",
    "Command",
    "Query",
    "DomainEvent",
    "Payload",
    "CommandResult",
    "QueryResult",
    "Page",
    "Personal",
    "CommandBus",
    "QueryBus",
    "BaseCommandHandler",
    "BaseQueryHandler",
    "anyone",
    "has_role",
    "owner_of",
    "current_caller",
    "EventPublisher",
    "EventSubscriber",
    "EventLog",
    "DeadLetters",
    "ConsistencyRule",
    "EventualConsistencyHandler",
    "ConsistencyToken",
    "Database",
    "MaterializedView",
]
NAMED_IN_DOCUMENTS = ["DEFAULT_CONSISTENCY_RULES", "CreateUserCommand", "GetUserProfileQuery", "open_clone"]


def test_the_toolkit_exports_what_it_promises() -> None:
    assert sorted(clone_cqrs.__all__) == sorted(TOOLKIT)


def test_the_clone_exports_what_the_documents_name() -> None:
    assert set(NAMED_IN_DOCUMENTS) <= set(clone_cqrs.domain.__all__)


def test_every_exported_name_is_there_and_says_what_it_is() -> None:
    for module in (clone_cqrs, clone_cqrs.domain):
        members = {name: getattr(module, name) for name in module.__all__}
        silent = [name for name, member in members.items() if callable(member) and not inspect.getdoc(member)]
        assert silent == []


def test_importing_the_package_loads_no_driver_and_no_domain() -> None:
    program = (
        "import sys, clone_cqrs; from clone_cqrs import Command;"
        "print(*sorted({'asyncpg', 'alembic', 'sqlalchemy', 'typer', 'clone_cqrs.domain'} & set(sys.modules)))"
    )
    answer = subprocess.run(
        [sys.executable, "-c", program], check=True, stdout=subprocess.PIPE, text=True, env={"PYTHONPATH": str(ROOT / "src")}
    )
    assert answer.stdout.strip() == ""
