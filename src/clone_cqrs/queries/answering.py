"""From a query to its handler's answer: the checks before it, and what its errors come to."""

from __future__ import annotations

import asyncio
import random
from typing import Any

import asyncpg

from clone_cqrs.dispatch.caller import Caller, impersonates_system
from clone_cqrs.dispatch.caller import current as current_caller
from clone_cqrs.errors import (
    CqrsError,
    MessageTimeoutError,
    QueryAuthorizationError,
    QueryTimeoutError,
    QueryValidationError,
)
from clone_cqrs.messages import Query, QueryResult
from clone_cqrs.postgres import in_ambient_transaction
from clone_cqrs.postgres.errors import LOST_RACES, TIMEOUTS, is_unavailable, sqlstate_of, translate
from clone_cqrs.queries.levels import Consistency
from clone_cqrs.queries.levels import current as current_level
from clone_cqrs.queries.plan import QueryPlan

_ATTEMPTS = 3
_FIRST_PAUSE_S = 0.05


async def refusal(plan: QueryPlan, query: Query[Any, Any], caller: Caller) -> CqrsError | None:
    """Why the query may not be answered: what the hooks and the policy say, in the order of the pipeline. None: it may."""
    if not plan.hooked:
        if impersonates_system(caller) or (plan.may is not None and not plan.may(query, caller, None)):
            return forbidden(query, caller)
        return None
    token = current_caller.set(caller)
    try:
        if plan.validate is not None:
            violations = await plan.validate(query)
            if violations:
                return QueryValidationError(violations)
        if impersonates_system(caller):
            return forbidden(query, caller)
        if plan.may is not None and not plan.may(query, caller, None):
            return forbidden(query, caller)
        if plan.authorize is not None and not await plan.authorize(query, None):
            return forbidden(query, caller)
    except CqrsError as error:
        if not error.answered:
            raise
        return error
    finally:
        current_caller.reset(token)
    return None


def forbidden(query: Query[Any, Any], caller: Caller) -> QueryAuthorizationError:
    """The error for a caller who may not ask this."""
    return QueryAuthorizationError(user_id=caller.user_id, resource=query.query_type)


async def answered(plan: QueryPlan, query: Query[Any, Any], caller: Caller, level: Consistency) -> QueryResult[Any]:
    """Run the handler. An answered error, raised or returned, is a failed result; a faulty one, and any bug, is raised.

    A read changes nothing, so it is run again, a few times, when the connection or a race was lost under it.
    """
    caller_token, level_token = current_caller.set(caller), current_level.set(level)
    try:
        for attempt in range(1, _ATTEMPTS + 1):
            try:
                return _result(await plan.handle(query))
            except CqrsError as error:
                if not error.answered:
                    raise
                return QueryResult(False, None, error)
            except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError) as error:
                if attempt == _ATTEMPTS or not _is_passing(error) or in_ambient_transaction():
                    return _failed(error)
            await asyncio.sleep(_FIRST_PAUSE_S * 2 ** (attempt - 1) * random.uniform(0.5, 1.5))
    finally:
        current_caller.reset(caller_token)
        current_level.reset(level_token)
    raise AssertionError("unreachable")


async def answered_within(
    timeout: float | None, plan: QueryPlan, query: Query[Any, Any], caller: Caller, level: Consistency
) -> QueryResult[Any]:
    """`answered`, in this task, within `timeout` seconds; a QueryTimeoutError is answered after that."""
    if timeout is None:
        return await answered(plan, query, caller, level)
    limit = asyncio.timeout(timeout)
    try:
        async with limit:
            return await answered(plan, query, caller, level)
    except TimeoutError:
        if not limit.expired():
            raise
        return out_of_time(timeout)


def out_of_time(timeout: float) -> QueryResult[Any]:
    """The answer to a query that took too long."""
    return QueryResult(False, None, QueryTimeoutError(f"not answered within {timeout:g} s"))


def _result(answer: Any) -> QueryResult[Any]:
    if not isinstance(answer, QueryResult):
        return QueryResult(True, answer)
    if answer.error is not None and not answer.error.answered:
        raise answer.error
    return answer


def _is_passing(error: BaseException) -> bool:
    return is_unavailable(error) or sqlstate_of(error) in LOST_RACES


def _failed(error: Exception) -> QueryResult[Any]:
    # The one place where a driver's error under a query becomes ours.
    if sqlstate_of(error) in TIMEOUTS:
        timed_out: MessageTimeoutError = QueryTimeoutError("a statement ran out of time")
        timed_out.__cause__ = error
        return QueryResult(False, None, timed_out)
    translated = translate(error)
    if translated is None:
        raise error
    if not translated.answered:
        raise translated from error
    translated.__cause__ = error
    return QueryResult(False, None, translated)
