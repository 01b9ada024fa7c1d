"""Speaking to an application in wire form, and how long an answer took."""

from __future__ import annotations

import time
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from clone_cqrs.bootstrap import Application
    from clone_cqrs.messages import CommandResult, QueryResult


async def execute(application: Application, command: Mapping[str, Any]) -> tuple[CommandResult[Any], float]:
    """Execute a command. Returns its outcome and the milliseconds it took."""
    began = time.perf_counter()
    result = await application.commands.execute_message(command, roles=None)
    return result, (time.perf_counter() - began) * 1000


async def ask(
    application: Application, query: Mapping[str, Any], *, at_least: str | None = None
) -> tuple[QueryResult[Any], float]:
    """Ask a query. Returns the answer and the milliseconds it took."""
    began = time.perf_counter()
    answer = await application.queries.execute_message(query, roles=None, at_least=at_least)
    return answer, (time.perf_counter() - began) * 1000
