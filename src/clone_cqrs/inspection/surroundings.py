"""What lies between a process and its database: a pooler, two clocks, the disk under it all."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from clone_cqrs.inspection.finding import Finding
from clone_cqrs.postgres import Database

_SKEW_S: Final = 1.0
_ROUNDS: Final = 5
_LITTLE: Final = 0.1
_VERY_LITTLE_BYTES: Final = 512 * 1024 * 1024


@dataclass(frozen=True)
class Examined:
    """What one examination came to."""

    facts: dict[str, str] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    not_checked: tuple[str, ...] = ()


async def pooler(database: Database) -> Examined:
    """Whether a pooler answers in the server's place: the process id that a session was told is not that of its server then."""
    async with database.acquire() as connection:
        pooled = connection.get_server_pid() != await connection.fetchval("SELECT pg_backend_pid()")
    direct = await database.connect()
    try:
        past_it = direct.get_server_pid() == await direct.fetchval("SELECT pg_backend_pid()")
    finally:
        await direct.close()
    if not pooled:
        return Examined({"pooler": "none"})
    if past_it:
        return Examined({"pooler": "yes, and a direct DSN past it"})
    message = (
        "it cannot be heard through it when the log grows, nor can views be refreshed safely: set DATABASE_DIRECT_URL, or "
        "direct_dsn=, to a DSN that leads past it"
    )
    return Examined({"pooler": "yes"}, (Finding("pooler", "no_direct_dsn", message),))


async def clock(database: Database) -> Examined:
    """The server's clock minus this machine's, by the quickest of some round trips: half of what that took is uncertain."""
    best: tuple[float, float] | None = None
    async with database.acquire() as connection:
        for _ in range(_ROUNDS):
            before = datetime.now(UTC)
            theirs: datetime = await connection.fetchval("SELECT clock_timestamp()")
            after = datetime.now(UTC)
            took = (after - before).total_seconds()
            ahead = (theirs - before).total_seconds() - took / 2
            best = min(best, (took, ahead)) if best is not None else (took, ahead)
    assert best is not None
    took, ahead = best
    facts = {"clock": f"{abs(ahead) * 1000:.0f} ms {'ahead' if ahead > 0 else 'behind'}, round trip {took * 1000:.1f} ms"}
    if abs(ahead) - took / 2 <= _SKEW_S:
        return Examined(facts)
    message = f"this machine and the server differ by {abs(ahead):.1f} s: times of commands come from here; let both follow NTP"
    return Examined(facts, (Finding("clock", "clock_skew", message, is_warning=True),))


def data_disk(directory: str | None, *, local: bool) -> Examined:
    """How much room the server's disk has, where the server is on this machine and says where its data is."""
    if not local:
        return Examined(not_checked=("the disk: the server is on another machine",))
    if directory is None:
        return Examined(not_checked=("the disk: only pg_read_all_settings is told where the data directory is",))
    try:
        usage = shutil.disk_usage(directory)
    except OSError as error:
        return Examined(
            not_checked=(f"the disk: the data directory cannot be seen from here ({os.strerror(error.errno or 0)})",)
        )
    free = usage.free / usage.total
    facts = {"disk": f"{usage.free / 1e9:.1f} GB free ({free:.0%})"}
    if usage.free >= _VERY_LITTLE_BYTES and free >= _LITTLE:
        return Examined(facts)
    message = f"{facts['disk']} where the data is: a full disk stops the server; drop old partitions of the log, or add room"
    return Examined(facts, (Finding("disk", "little_room", message, is_warning=usage.free >= _VERY_LITTLE_BYTES),))
