"""The command that is timed: the clone's user.create, but for hashing the password. One row, one event, one record."""

from __future__ import annotations

from typing import Any, Final

from clone_cqrs.commands import BaseCommandHandler
from clone_cqrs.domain.users.command_handlers import CreateUserCommandHandler
from clone_cqrs.postgres.statements import statement

PASSWORD_HASH: Final = "$argon2id$v=19$m=65536,t=3,p=4$c2FsdHNhbHRzYWx0$aGFzaGhhc2hoYXNoaGFzaGhhc2hoYXNoaGFzaGhhc2g"
NAME: Final = "Ada Lovelace"
TIER: Final = "free"
INSERT_USER: Final = statement("clone_cqrs.domain.users", "insert_user")
RECORD_COMMAND: Final = statement("clone_cqrs.commands", "record_command_with_one_event")
"""The product's own texts, so that pgbench and the hand-written loop run what it runs."""


class WithoutHashing(CreateUserCommandHandler):
    """argon2 takes some 50 ms by design and would be all that is measured."""

    prepare = BaseCommandHandler.prepare

    @property
    def prepared(self) -> Any:
        return PASSWORD_HASH
