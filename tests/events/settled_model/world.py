"""The world of the model: a sequence, rows, locks, and transactions that run short programs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

OPEN, COMMITTED, DEAD = "open", "committed", "dead"
CACHED_AHEAD = 3
"""How far ahead the sequence's page is for a moment while a number is drawn; 32 in PostgreSQL."""

Program = tuple[tuple[str, ...], ...]

LOCK_A, LOCK_B, LOCK_LOG = ("lock", "A"), ("lock", "B"), ("log",)
EARLY_XID, SAVEPOINT, ROLLBACK_TO = ("xid",), ("savepoint",), ("rollback to",)
COMMIT, ABORT, PREPARE, MAY_DIE = ("commit",), ("abort",), ("prepare",), ("may die",)


def draw(aggregate: str) -> Program:
    """Insert an event: take a number (in two moves, as nextval does), then write the row."""
    return (("nextval",), ("number",), ("row", aggregate))


PROGRAMS: dict[str, Program] = {
    "one event": (LOCK_A, LOCK_LOG, *draw("A"), COMMIT),
    "two events": (LOCK_A, LOCK_LOG, *draw("A"), *draw("A"), COMMIT),
    "another aggregate": (LOCK_B, LOCK_LOG, *draw("B"), COMMIT),
    "two aggregates": (LOCK_A, LOCK_B, LOCK_LOG, *draw("B"), *draw("A"), COMMIT),
    "rolled back": (LOCK_A, LOCK_LOG, *draw("A"), ABORT),
    "savepoint": (SAVEPOINT, LOCK_A, LOCK_LOG, *draw("A"), ROLLBACK_TO, LOCK_A, LOCK_LOG, *draw("A"), COMMIT),
    "prepared": (LOCK_A, LOCK_LOG, *draw("A"), PREPARE, COMMIT),
    "early xid": (EARLY_XID, LOCK_A, LOCK_LOG, *draw("A"), COMMIT),
    "may die": (LOCK_A, LOCK_LOG, MAY_DIE, *draw("A"), MAY_DIE, COMMIT),
}
# The bug: the position is drawn before the aggregate's row is locked.
DRAWN_BEFORE_LOCK: Program = (LOCK_LOG, ("nextval",), ("number",), LOCK_A, ("row", "A"), COMMIT)


@dataclass(frozen=True, slots=True)
class Row:
    """One row of the log; its position is its index, from 1. version is given when it is written."""

    writer: int
    status: str
    aggregate: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Writer:
    """A transaction. name: as pg_locks shows it, changed by a restart while prepared; moment: "releasing" is between being
    visible (or dead) and giving the locks up.
    """

    program: Program
    step: int = 0
    name: int = 0
    xid: int | None = None
    moment: Literal["running", "releasing", "ended"] = "running"
    holds_log: bool = False
    prepared: bool = False
    number: int | None = None
    since_savepoint: int | None = None


@dataclass(frozen=True, slots=True)
class World:
    """Everything but the reader. page: what a plain SELECT of the sequence's last_value shows."""

    writers: tuple[Writer, ...]
    rows: tuple[Row, ...] = ()
    drawn: int = 0
    page: int = 0
    next_xid: int = 1
    versions: tuple[tuple[str, int], ...] = (("A", 0), ("B", 0))
    owners: tuple[tuple[str, int | None], ...] = (("A", None), ("B", None))
    crashes_left: int = 0

    @property
    def holders(self) -> frozenset[int]:
        """Who holds the log's lock, as pg_locks lists them."""
        return frozenset(writer.name for writer in self.writers if writer.holds_log)

    @property
    def prepared_holders(self) -> frozenset[int]:
        """The prepared ones among them."""
        return frozenset(writer.name for writer in self.writers if writer.holds_log and writer.prepared)

    @property
    def visible(self) -> tuple[int, ...]:
        """The positions that a new snapshot sees, in order."""
        return tuple(index for index, row in enumerate(self.rows, 1) if row.status == COMMITTED)

    @property
    def xmin(self) -> int:
        """The lowest transaction id that a new snapshot takes for running."""
        running = [writer.xid for writer in self.writers if writer.xid is not None and writer.moment == "running"]
        return min(running, default=self.next_xid)


def start(programs: tuple[Program, ...], *, crashes: int = 0) -> World:
    """All writers at their first step."""
    writers = tuple(Writer(program, name=index) for index, program in enumerate(programs))
    return World(writers, crashes_left=crashes)


def moves(world: World) -> Iterator[World]:
    """Every world that one step of one writer, or a crash, leads to."""
    for index, writer in enumerate(world.writers):
        if writer.moment == "running":
            yield from _step(world, index, writer)
        elif writer.moment == "releasing":
            yield _release(world, index, writer)
    if world.crashes_left:
        yield _crash(world)


def _put(world: World, index: int, writer: Writer, **changes: object) -> World:
    writers = (*world.writers[:index], writer, *world.writers[index + 1 :])
    return replace(world, writers=writers, **changes)  # type: ignore[arg-type]


def _step(world: World, index: int, writer: Writer) -> Iterator[World]:
    operation, *arguments = writer.program[writer.step]
    ahead = replace(writer, step=writer.step + 1)
    match operation:
        case "lock":
            owner = dict(world.owners)[arguments[0]]
            if owner is None or owner == index:
                owners = tuple((name, index if name == arguments[0] else held) for name, held in world.owners)
                yield _with_xid(_put(world, index, ahead, owners=owners), index)
        case "xid":
            yield _with_xid(_put(world, index, ahead), index)
        case "log":
            yield _put(world, index, replace(ahead, holds_log=True))
        case "nextval":
            # One backend at a time is between the page's future value and its true one: the page is locked for writers.
            if world.page == world.drawn:
                yield _put(world, index, ahead, page=world.drawn + CACHED_AHEAD)
        case "number":
            number = world.drawn + 1
            rows = (*world.rows, Row(index, OPEN))
            yield _put(world, index, replace(ahead, number=number), drawn=number, page=number, rows=rows)
        case "row":
            assert writer.number is not None
            yield _put(world, index, replace(ahead, number=None), rows=_written(world, index, writer.number, arguments[0]))
        case "savepoint":
            yield _put(world, index, replace(ahead, since_savepoint=len(world.rows)))
        case "rollback to":
            # Everything in these programs was locked after the savepoint, and goes with it.
            yield _let_go(_put(world, index, ahead, rows=_end(world, index, DEAD)), index)
        case "prepare":
            yield _put(world, index, replace(ahead, prepared=True))
        case "commit":
            yield _put(world, index, replace(ahead, moment="releasing"), **_committed(world, index))
        case "abort":
            yield _put(world, index, replace(ahead, moment="releasing"), rows=_end(world, index, DEAD))
        case "may die":
            yield _put(world, index, ahead)
            yield _put(world, index, replace(ahead, moment="releasing"), rows=_end(world, index, DEAD))
        case _:
            raise AssertionError(operation)


def _with_xid(world: World, index: int) -> World:
    writer = world.writers[index]
    if writer.xid is not None:
        return world
    return _put(world, index, replace(writer, xid=world.next_xid), next_xid=world.next_xid + 1)


def _written(world: World, index: int, number: int, aggregate: str) -> tuple[Row, ...]:
    own = sum(row.writer == index and row.status == OPEN and row.aggregate == aggregate for row in world.rows)
    row = Row(index, OPEN, aggregate, dict(world.versions)[aggregate] + own + 1)
    return (*world.rows[: number - 1], row, *world.rows[number:])


def _end(world: World, index: int, status: str) -> tuple[Row, ...]:
    return tuple(replace(row, status=status) if row.writer == index and row.status == OPEN else row for row in world.rows)


def _committed(world: World, index: int) -> dict[str, object]:
    rows = _end(world, index, COMMITTED)
    versions = tuple(
        (name, max([row.version for row in rows if row.aggregate == name and row.status == COMMITTED], default=0))
        for name, _version in world.versions
    )
    return {"rows": rows, "versions": versions}


def _let_go(world: World, index: int) -> World:
    owners = tuple((name, None if held == index else held) for name, held in world.owners)
    return _put(world, index, replace(world.writers[index], holds_log=False), owners=owners)


def _release(world: World, index: int, writer: Writer) -> World:
    return _let_go(_put(world, index, replace(writer, moment="ended", prepared=False)), index)


def _crash(world: World) -> World:
    """The server restarts at once: what was open is gone, what was prepared comes back under another name, and the sequence
    goes back to what is certainly on disk: the highest committed (or prepared) position.
    """
    for index, writer in enumerate(world.writers):
        if writer.step == 0:
            continue  # comes after the crash
        if writer.moment == "running" and not writer.prepared:
            dead = _put(world, index, replace(writer, moment="ended", number=None), rows=_end(world, index, DEAD))
            world = _let_go(dead, index)
        elif writer.moment == "releasing":
            world = _release(world, index, writer)
        elif writer.prepared:
            world = _put(world, index, replace(writer, name=writer.name + 100))
    durable = max([index for index, row in enumerate(world.rows, 1) if row.status != DEAD], default=0)
    crashes = world.crashes_left - 1
    return replace(world, rows=world.rows[:durable], drawn=durable, page=durable, crashes_left=crashes)
