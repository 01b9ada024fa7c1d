"""EventSubscriber: the only subscription."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from typing import Any, Self

from clone_cqrs.errors import QueryValidationError, StaleReadError, StorageUnavailableError, TransactionScopeError
from clone_cqrs.events.reading import log_head
from clone_cqrs.events.subscriptions.crew import Crew
from clone_cqrs.events.subscriptions.delivery import DeliveryMiddleware, EventHandler, Handlers
from clone_cqrs.events.subscriptions.follower import Follower
from clone_cqrs.events.subscriptions.settings import RetryPolicy, Start, SubscriptionSettings, at_once
from clone_cqrs.events.subscriptions.waiting import Progress, progress_of
from clone_cqrs.events.token import ConsistencyToken
from clone_cqrs.events.wakeups import Wakeups
from clone_cqrs.messages import DomainEvent, uuid7
from clone_cqrs.postgres.ambient import in_ambient_transaction
from clone_cqrs.postgres.database import Database
from clone_cqrs.telemetry.context import unbound


class EventSubscriber:
    """Hands the events of the log to functions: at least once, in order per aggregate, none skipped.

        subscriber = EventSubscriber(database, name="mail")
        subscriber.on("user.created", send_welcome)          # "*" takes every type
        async with subscriber: ...

    name: with one, the checkpoint is stored, and each partition has one owner among all processes; without, this is the
    process's own follower, from "now", which stores nothing. exactly_once: the handlers' writes through `database` and the
    checkpoint commit together. partitions: how many workers, in any number of processes, can share the work; the events of one
    aggregate stay in one. start: where a new subscription begins, "end", "beginning" or after a position. retries: a
    RetryPolicy, or the number of attempts. Times are seconds: handler_timeout for one handler and event; lease, after which a
    silent worker's partitions are taken over; poll, how often the log is looked at when no wake-up comes. before_checkpoint:
    waited for before a checkpoint is stored, by a handler that only begins what has to be done.
    Raises: ValueError for settings out of range.
    """

    def __init__(
        self,
        database: Database,
        name: str | None = None,
        *,
        exactly_once: bool = False,
        partitions: int = 1,
        start: Start = "end",
        retries: RetryPolicy | int | None = None,
        handler_timeout: float = 30.0,
        batch_size: int = 500,
        lease: float = 10.0,
        poll: float = 0.5,
        before_checkpoint: Callable[[], Awaitable[object]] = at_once,
    ) -> None:
        if name is not None and not (name.strip() and len(name) <= 200 and name.isprintable()):
            raise ValueError("name: 1 to 200 printable characters")
        if name is None and (exactly_once or partitions != 1):
            raise ValueError("exactly_once and partitions need a name: without one, nothing is stored")
        policy = RetryPolicy(attempts=retries) if isinstance(retries, int) else retries or RetryPolicy()
        self.database = database
        self.name = name
        self.settings = SubscriptionSettings(
            exactly_once, partitions, start, policy, handler_timeout, batch_size, lease, poll, before_checkpoint
        )
        # Tells people which process holds a lease; the random part makes it unique.
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{uuid7().hex[-8:]}"
        self._handlers = Handlers()
        self._wakeups = Wakeups.of(database)
        self._running: Crew | Follower | None = None
        self._task: asyncio.Task[None] | None = None
        self._starting = asyncio.Lock()

    def on(self, event_type: str | type[DomainEvent[Any]], handler: EventHandler) -> None:
        """Call `handler(event)` for a type, "*" for every one. The same pair twice is one registration.

        Raises: RuntimeError while it runs.
        """
        if self._task is not None:
            raise RuntimeError("on() comes before start()")
        name = event_type if isinstance(event_type, str) else event_type.type_name
        if not name:
            raise ValueError("on(): the event class has no type")
        self._handlers.on(name, handler)

    def use(self, middleware: DeliveryMiddleware) -> None:
        """Put `async def middleware(event, call_next)` around the handlers of every event; the first one is outermost.

        Raises: RuntimeError while it runs.
        """
        if self._task is not None:
            raise RuntimeError("use() comes before start()")
        self._handlers.use(middleware)

    @property
    def event_types(self) -> tuple[str, ...] | None:
        """The types that it has handlers for, in order; None where one of them takes every type."""
        types = self._handlers.types
        return None if types is None else tuple(types)

    async def deliver(self, event: DomainEvent[Any]) -> None:
        """Hand one event to its handlers, here and now, as its worker would. Raises: what they raise."""
        await self._handlers.deliver(event, self.settings.handler_timeout)

    async def __aenter__(self) -> Self:
        await self.start()
        return self

    async def __aexit__(self, *_exc: object) -> None:
        await self.stop()

    async def start(self) -> None:
        """Begin. Raises: ValueError when another process runs this name with other settings, StorageUnavailableError."""
        if in_ambient_transaction():
            raise TransactionScopeError("a subscription cannot start inside a transaction: it outlives it")
        async with self._starting:
            if self._task is None:
                await self._begin()

    async def _begin(self) -> None:
        problems = [row["problem"] for row in await self.database.fetch("SELECT problem FROM cqrs.check_log()")]
        if problems:
            raise StorageUnavailableError(f"the log cannot be read safely: {'; '.join(problems)}")
        self._running = (
            await Follower.begin(self.database, self._handlers, self.settings, self._wakeups)
            if self.name is None
            else await Crew.begin(self.database, self.name, self.owner, self._handlers, self.settings, self._wakeups)
        )
        await self._wakeups.start()
        self._task = asyncio.create_task(self._running.run(), context=unbound())

    async def stop(self) -> None:
        """Finish the events at hand, store the checkpoints, give the partitions back."""
        task, self._task = self._task, None
        if task is None or self._running is None:
            return
        self._running.stop()
        try:
            await task
        finally:
            await self._wakeups.stop()

    async def wait_until(self, reached: ConsistencyToken | str | int | None, timeout: float | None = None) -> None:
        """Wait until everything up to a position has been handled.

        reached: a token, a position, or None, which asks for nothing. An event that is set aside counts as not handled.
        Raises: StaleReadError after `timeout` seconds (None waits for ever), which names the event that holds it back;
        QueryValidationError for a token that is damaged, or of another database.
        """
        position = await self._position(reached)
        if position is None:
            return
        state: Progress | None = None
        try:
            async with asyncio.timeout(timeout):
                while not (state := await self._progress(position)).done:
                    await self._wakeups.wait_for_progress(_LOOK_EVERY_S)
        except TimeoutError:
            raise StaleReadError(f"position {position} is not handled after {timeout:g} s: {state or 'no answer'}") from None

    async def _progress(self, position: int) -> Progress:
        if self.name is not None:
            return await progress_of(self.database, self.name, position)
        following = self._running if isinstance(self._running, Follower) else None
        return Progress(position, following.position if following is not None else None)

    async def _position(self, reached: ConsistencyToken | str | int | None) -> int | None:
        if reached is None or isinstance(reached, int):
            return reached
        token = ConsistencyToken.parse(reached)
        if not token.belongs_to(await self.database.database_id()):
            raise QueryValidationError("consistencyToken: belongs to another database")
        if token.position > await log_head(self.database):
            raise QueryValidationError("consistencyToken: is beyond the end of the log; was a backup restored?")
        return token.position


_LOOK_EVERY_S = 0.02
