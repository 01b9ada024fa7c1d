"""QueryBus: from a query to its answer, through validation, authorization, the cache and its handler."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from functools import partial
from typing import Any, TypeVar, cast

from clone_cqrs.dispatch.bus import Bus
from clone_cqrs.dispatch.caller import caller_of
from clone_cqrs.dispatch.gathering import raised_or_gathered
from clone_cqrs.dispatch.policies import Policy
from clone_cqrs.dispatch.registry import Registry, message_class_of_function
from clone_cqrs.errors import MalformedMessageError, QueryValidationError, UnknownQueryError
from clone_cqrs.messages import DomainEvent, Envelope, Query, QueryResult
from clone_cqrs.messages.wire import checked_json, parse_message, read_message, type_of_message
from clone_cqrs.postgres import Database, in_ambient_transaction
from clone_cqrs.postgres.ambient import surrounding_transaction
from clone_cqrs.queries.answering import answered_within, forbidden, refusal
from clone_cqrs.queries.cache.cache import QueryCache, StalePart
from clone_cqrs.queries.cache.entry import Entry
from clone_cqrs.queries.cache.scope import scope_value
from clone_cqrs.queries.cache.statistics import CacheStatistics
from clone_cqrs.queries.cached_answers import CachedAnswers
from clone_cqrs.queries.explanation import Explanation
from clone_cqrs.queries.following import Following
from clone_cqrs.queries.function_handler import FunctionQueryHandler
from clone_cqrs.queries.handler import BaseQueryHandler
from clone_cqrs.queries.levels import Consistency, checked_level
from clone_cqrs.queries.log_follower import LogFollower
from clone_cqrs.queries.plan import QueryPlan, seconds_to_live
from clone_cqrs.queries.tokens import TokenCheck

R = TypeVar("R")
F = TypeVar("F", bound=Callable[[Any], Awaitable[Any]])
QueryHandler = BaseQueryHandler[Any, Any]
Listener = Callable[[Sequence[DomainEvent[Any]]], None]


class QueryBus(Bus[QueryHandler]):
    """Answers queries, each by its one handler.

    database: where commits, and the tokens of `at_least`, come from. enable_caching: keep answers, each for its caller, for
    cache_ttl (seconds or a timedelta) at most; of all entries, max_entries and max_bytes (a rough count) are held, and the
    least recently used go first. enable_validation: handlers' own validate_query (a payload's shape is always checked, when
    the query is made); enable_authorization: policies, without which a handler is refused. timeout: seconds for each query
    that states none; None leaves it to the database's statement_timeout. max_staleness: seconds without word from the log
    after which the cache is not used: with a database, a cache follows its log, from the first query on until it closes.
    Raises: ValueError for a TTL over a day (seconds, not milliseconds), and for limits that are not positive.
    """

    def __init__(
        self,
        database: Database | None = None,
        *,
        enable_caching: bool = False,
        cache_ttl: float | timedelta = 60.0,
        max_entries: int = 10_000,
        max_bytes: int = 64 * 1024 * 1024,
        enable_validation: bool = True,
        enable_authorization: bool = True,
        timeout: float | None = None,
        max_staleness: float = 2.0,
    ) -> None:
        super().__init__(
            Registry(BaseQueryHandler, Query, enable_validation=enable_validation, enable_authorization=enable_authorization)
        )
        ttl = seconds_to_live(cache_ttl)
        for name, limit in {
            "max_entries": max_entries,
            "max_bytes": max_bytes,
            "max_staleness": max_staleness,
            "timeout": timeout,
        }.items():
            if limit is not None and not limit > 0:
                raise ValueError(f"{name}: should be more than 0")
        self.database = database
        self.max_staleness = max_staleness
        self._timeout = timeout
        self._tokens = TokenCheck(database)
        self._cache = QueryCache(ttl=ttl, max_entries=max_entries, max_bytes=max_bytes)
        self._cached = CachedAnswers(self._cache) if enable_caching else None
        self._memo = "" if self._cached is None else self._cached.memo
        self._following = (
            None
            if self._cached is None or database is None
            else Following(self._cache, LogFollower.of(database), max_staleness)
        )
        self._plans: dict[str, QueryPlan] = {}
        self._plan_of_class: dict[type, QueryPlan] = {}
        self._listeners: list[Listener] = []
        if database is not None:
            database.on_commit(self._committed)

    def register(self, type_or_class: str | type[Envelope[Any, Any]], handler: QueryHandler) -> None:
        """Make `handler` the one for a type.

        Raises: what Bus.register raises; ValueError for the handler's cache_ttl, as the bus's, and for its consistency.
        """
        with raised_or_gathered():
            self._plan_for(type_or_class, handler)

    def _plan_for(self, type_or_class: str | type[Envelope[Any, Any]], handler: QueryHandler) -> None:
        own_ttl = getattr(handler, "cache_ttl", None)
        ttl = None if own_ttl is None else seconds_to_live(own_ttl)
        level = checked_level(getattr(handler, "consistency", None))
        registration = self._registry.register(type_or_class, handler)
        message_class = cast("type[Query[Any, Any]]", registration.message_class)
        policy: Policy | None = getattr(handler, "policy", None)
        self._plans[registration.type_name] = QueryPlan(
            query_type=registration.type_name,
            message_class=message_class,
            handle=registration.handle,
            validate=registration.validate,
            authorize=registration.authorize,
            may=registration.may,
            may_again=None if policy is not None and policy.lasting else registration.may,
            hooked=registration.validate is not None or registration.authorize is not None,
            partition=None if self._cached is None else self._cached.partition_for(message_class, ttl),
            level=level,
        )

    def handles(
        self,
        type_or_class: str | type[Query[Any, Any]],
        *,
        policy: Policy | None = None,
        reads: Sequence[str] = (),
        cache_ttl: float | timedelta | None = None,
        consistency: Consistency | None = None,
    ) -> Callable[[F], F]:
        """Register an async function, which returns a QueryResult or just the data. The settings are BaseQueryHandler's."""

        def decorate(function: F) -> F:
            named = None if isinstance(type_or_class, str) else type_or_class
            message_class = cast("type[Query[Any, Any]] | None", named or message_class_of_function(function, Query))
            handler = FunctionQueryHandler(
                function,
                message_class=message_class,
                policy=policy,
                reads=tuple(reads),
                cache_ttl=cache_ttl,
                consistency=consistency,
            )
            self.register(type_or_class, handler)
            return function

        return decorate

    async def execute(
        self,
        query: Query[Any, R],
        *,
        roles: Collection[str] | None = None,
        at_least: str | None = None,
        consistency: Consistency | None = None,
        timeout: float | None = None,
    ) -> QueryResult[R]:
        """Answer a query.

        roles: of the actor; None is this process speaking for itself (see DESIGN, "Per call"). at_least: the token of a write
        that the answer must contain. consistency: the query type's own by default, which is "session" unless its handler says
        otherwise. timeout: seconds.
        Returns: the answer, also a refusal. Raises: UnknownQueryError, TransactionScopeError, StorageUnavailableError,
        ValueError for a consistency that is none, and whatever is a bug of the handler.
        """
        # The short way to an answer that this very object got before, for the same caller. What it leaves out cannot come out
        # differently now: the object is frozen, and so are its key, its handler, and what a lasting policy looks at.
        entry: Entry | None = query.__dict__.get(self._memo)
        plainly = roles is None and at_least is None and consistency is None
        if entry is not None and plainly and surrounding_transaction() is None:
            cache, result = self._cache, entry.result
            if result is not None and entry.expires > (now := cache.clock()) and cache.usable_until > now:
                may_again = entry.may_again
                if may_again is not None:
                    assert entry.caller is not None
                    if not may_again(query, entry.caller, None):
                        return QueryResult(False, None, forbidden(query, entry.caller))
                cache.hits += 1
                cache.touch(entry)
                return entry.answer(result) if entry.copied else result
        self._used = True
        if not self._middleware:
            return await self._run(roles, at_least, consistency, timeout, query)
        self._plan(query)
        innermost = partial(self._run, roles, at_least, consistency, timeout)
        return cast("QueryResult[R]", await self._through_middleware(query, innermost))

    async def execute_message(
        self,
        message: bytes | str | Mapping[str, Any],
        *,
        actor: str | None = None,
        roles: Collection[str] | None = (),
        at_least: str | None = None,
        consistency: Consistency | None = None,
        timeout: float | None = None,
    ) -> QueryResult[Any]:
        """Answer a query in wire form; what is wrong with the message is answered, too. `actor` replaces its userId."""
        name: str | None = None
        try:
            parsed = parse_message(message)
            name = type_of_message(parsed, "query")
            found = checked_json(parsed)
            plan = self._plans.get(name)
            if plan is None:
                raise UnknownQueryError("no handler for this type of query", message_type=name)
            query = read_message(parsed, plan.message_class, actor=actor, found=found)
        except (MalformedMessageError, UnknownQueryError, QueryValidationError) as error:
            self._on_unread(name, error)
            return QueryResult(False, None, error)
        return await self.execute(query, roles=roles, at_least=at_least, consistency=consistency, timeout=timeout)

    async def execute_many(
        self,
        queries: Sequence[Query[Any, Any]],
        *,
        roles: Collection[str] | None = None,
        at_least: str | None = None,
        consistency: Consistency | None = None,
        timeout: float | None = None,
    ) -> list[QueryResult[Any]]:
        """Answer queries concurrently; the answers are in the order of the questions. `timeout` counts for each.

        Inside a command's transaction one after another: one connection runs one statement at a time.
        Raises: what `execute` raises for any of them; the others are cancelled.
        """
        ask = partial(self.execute, roles=roles, at_least=at_least, consistency=consistency, timeout=timeout)
        if in_ambient_transaction():
            return [await ask(query) for query in queries]
        asked = [asyncio.ensure_future(ask(query)) for query in queries]
        try:
            return list(await asyncio.gather(*asked))
        except BaseException:
            for each in asked:
                each.cancel()
            await asyncio.gather(*asked, return_exceptions=True)
            raise

    def invalidate_cache(self, query: Query[Any, Any]) -> int:
        """Drop the answers to this question, whoever asked it. Returns how many; a load under way counts as one."""
        return 0 if self._cached is None else self._cached.invalidate(query)

    def invalidate_cache_by_type(self, type_or_class: str | type[Query[Any, Any]], *, below: int | None = None) -> int:
        """Drop all answers of a type; with `below`, those that are not known to hold that position. Returns how many."""
        name = type_or_class if isinstance(type_or_class, str) else type_or_class.type_name
        return self._cache.invalidate_part(name, None, None, below)

    def invalidate_cache_by_scope(self, query_type: str, field: str, value: Any, *, below: int | None = None) -> int:
        """Drop the answers of a type whose question has this value in a field of its payload, or has no such field.

        value: compared by what it means, so that a UUID is its text; None, or what is no single value, concerns the whole
        type. below: leaves the answers that are known to hold everything up to this position. Costs what is dropped, whatever
        the cache holds. Returns how many.
        """
        return self._cache.invalidate_part(query_type, field, scope_value(value), below)

    def drop_answers(self, parts: Iterable[StalePart], below: int | None = None) -> None:
        """Drop several parts of what is cached; `below` as above. For rules, which know values as the cache compares them."""
        for query_type, field, value in parts:
            self._cache.invalidate_part(query_type, field, value, below)

    def clear_cache(self) -> int:
        """Drop all answers. Returns how many."""
        return self._cache.clear()

    def index_scope(self, query_type: str, field: str) -> None:
        """Keep the answers of a type findable by a field of their questions, before invalidate_cache_by_scope asks for it."""
        if self._cached is not None:
            self._cache.partition(query_type).index(field)

    def cache_statistics(self) -> CacheStatistics:
        """What the cache did so far; all zero without one."""
        statistics = self._cache.statistics()
        if self._following is None:
            return statistics
        return replace(statistics, position=self._following.follower.position, usable=self._cache.is_usable)

    async def explain(
        self,
        query: Query[Any, Any],
        *,
        roles: Collection[str] | None = None,
        at_least: str | None = None,
        consistency: Consistency | None = None,
    ) -> Explanation:
        """Why the answer to this question would come from where it would come, if it were asked now. Changes nothing.

        Raises: UnknownQueryError, ValueError for a consistency that is none.
        """
        plan = self._plan(query)
        level = checked_level(consistency, plan.level)
        caller = caller_of(query.user_id, roles)
        error = await refusal(plan, query, caller)
        position: int | None = None
        if error is None and at_least is not None:
            level = "session" if level == "eventual" else level
            try:
                position = await self._tokens.position_of(at_least)
            except QueryValidationError as invalid:
                error = invalid
        if error is not None:
            return Explanation("refused", f"{error.code}: {error}", level)
        past = partial(Explanation, "load", level=level)
        if level == "strong":
            return past("strong: never from the cache")
        if in_ambient_transaction():
            return past("inside a transaction, where the cache is not used")
        if self._cached is None:
            return past("this bus keeps no answers")
        if plan.partition is None:
            return past("the question holds a secret, which no key may")
        if not self._cache.is_usable:
            return past(f"the cache has not heard from the log within {self.max_staleness:g} s")
        followed = None if self._following is None else self._following.follower.position
        return self._cached.explain(plan.partition, query, caller, level, position, followed)

    @property
    def follows_log(self) -> bool:
        """Whether there is a cache here that follows a log, so that its entries know their position in it."""
        return self._following is not None

    def on_logged(self, event_type: str, listener: Callable[[DomainEvent[Any]], None]) -> None:
        """Call `listener(event)` for each event of a type that any process commits, once the cache follows the log.

        Comes again when the event's position settles, where it was seen before. It must not raise. Nothing without a log.
        """
        if self._following is not None:
            self._following.on(event_type, listener)

    def on_events(self, listener: Listener) -> None:
        """Call `listener(events)` for each commit of this process, before `execute` returns. It must not raise."""
        self._listeners.append(listener)

    def _committed(self, events: Sequence[DomainEvent[Any]]) -> None:
        self._tokens.committed(events)
        for listener in self._listeners:
            listener(events)

    def _plan(self, query: Query[Any, Any]) -> QueryPlan:
        known = self._plan_of_class.get(query.__class__)
        if known is not None:
            return known
        if not isinstance(query, Query):
            raise TypeError(f"execute() takes a Query, not a {type(query).__name__}")
        plan = self._plans.get(query.query_type)
        if plan is None:
            raise UnknownQueryError(f"no handler for {query.query_type!r}", message_type=query.query_type)
        if not isinstance(query, plan.message_class):
            raise TypeError(f"{plan.query_type!r} is a {plan.message_class.__name__} here, not a {type(query).__name__}")
        self._plan_of_class[query.__class__] = plan
        return plan

    async def _run(
        self,
        roles: Collection[str] | None,
        at_least: str | None,
        consistency: Consistency | None,
        timeout: float | None,
        query: Query[Any, Any],
    ) -> QueryResult[Any]:
        plan = self._plan(query)
        level = checked_level(consistency, plan.level)
        caller = caller_of(query.user_id, roles)
        refused = await refusal(plan, query, caller)
        if refused is not None:
            return QueryResult(False, None, refused)
        if timeout is None:
            timeout = self._timeout
        position: int | None = None
        if at_least is not None:
            try:
                position = await self._tokens.position_of(at_least)
            except QueryValidationError as error:
                return QueryResult(False, None, error)
            if level == "eventual":
                level = "session"  # the view as it is need not hold that write
        if plan.partition is None or level == "strong" or in_ambient_transaction():
            return await answered_within(timeout, plan, query, caller, level)
        if self._following is not None and not await self._following.is_usable(timeout):
            return await answered_within(timeout, plan, query, caller, level)
        assert self._cached is not None
        lasting = roles is None and not plan.hooked and not self._middleware
        return await self._cached.answer(plan, query, caller, level, timeout, at_least=position, remember=lasting)
