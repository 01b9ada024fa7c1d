"""Readers of the model: the rule that is built, and the wrong ones that it has to be told apart from.

A reader's step is a function from (world, reader) to the readers that may follow. One step is one statement.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from tests.events.settled_model.world import World


@dataclass(frozen=True, slots=True)
class Reader:
    """checkpoint: all at or below it counts as read; upto, waiting_for: of the round at a gap; snapshot: positions seen at an
    earlier moment, for the reader that keeps one; delivered: positions in the order in which they were handed out.
    """

    checkpoint: int = 0
    phase: str = "read"
    upto: int = 0
    waiting_for: frozenset[int] = frozenset()
    prepared_added: bool = False
    snapshot: tuple[int, ...] = ()
    cursor: tuple[int, int] = (0, 0)
    delivered: tuple[int, ...] = ()


Step = Callable[[World, Reader], Reader]


def hand_out(reader: Reader, positions: tuple[int, ...], **changes: object) -> Reader:
    """Deliver positions; the checkpoint goes to the last of them."""
    checkpoint = max((reader.checkpoint, *positions))
    return replace(reader, delivered=reader.delivered + positions, checkpoint=checkpoint, phase="read", **changes)  # type: ignore[arg-type]


def _new(world: World, reader: Reader) -> tuple[int, ...]:
    return tuple(position for position in world.visible if position > reader.checkpoint)


def _round(reader: Reader, upto: int, **changes: object) -> Reader:
    return replace(reader, upto=upto, prepared_added=False, **changes)  # type: ignore[arg-type]


def rule(world: World, reader: Reader) -> Reader:
    """What is built: contiguous rows at once; at a gap H, then the holders, then their end, then a new statement."""
    if reader.phase == "read":
        new = _new(world, reader)
        contiguous = tuple(position for index, position in enumerate(new, 1) if position == reader.checkpoint + index)
        if contiguous:
            return hand_out(reader, contiguous)
        return _round(reader, new[-1], phase="list") if new else reader
    if reader.phase == "list":
        return replace(reader, phase="wait", waiting_for=world.holders)
    if reader.phase == "wait":
        return _waited(world, reader, "final")
    return _final(world, reader)


def _waited(world: World, reader: Reader, then: str) -> Reader:
    left = reader.waiting_for & world.holders
    added = reader.prepared_added
    if not left and not added:
        left, added = world.prepared_holders, True
    return replace(reader, waiting_for=left, prepared_added=added, phase="wait" if left else then)


def _final(world: World, reader: Reader) -> Reader:
    return hand_out(reader, tuple(position for position in _new(world, reader) if position <= reader.upto))


def plain_cursor(world: World, reader: Reader) -> Reader:
    """Whatever is visible, the cursor after it."""
    return hand_out(reader, _new(world, reader))


def xmin_gate(world: World, reader: Reader) -> Reader:
    """By (transaction id, position), below the snapshot's xmin."""
    rows = [(world.writers[world.rows[position - 1].writer].xid or 0, position) for position in world.visible]
    new = sorted(row for row in rows if row > reader.cursor and row[0] < world.xmin)
    if not new:
        return reader
    return replace(reader, cursor=new[-1], delivered=reader.delivered + tuple(position for _xid, position in new))


def list_then_height(world: World, reader: Reader) -> Reader:
    """The holders first, H afterwards."""
    if reader.phase == "read":
        return replace(reader, phase="height", waiting_for=world.holders, prepared_added=False)
    if reader.phase == "height":
        return replace(reader, phase="wait", upto=max(world.visible, default=0))
    return _waited(world, reader, "final") if reader.phase == "wait" else _final(world, reader)


def height_of_sequence(world: World, reader: Reader) -> Reader:
    """H from the sequence's last_value, as a plain SELECT sees it."""
    if reader.phase == "read":
        return _round(reader, world.page, phase="list") if world.page > reader.checkpoint else reader
    return rule(world, reader)


def one_statement(world: World, reader: Reader) -> Reader:
    """Waits and reads in one statement: what it reads was seen when it began."""
    if reader.phase == "list":
        return replace(reader, phase="wait", waiting_for=world.holders, snapshot=world.visible)
    if reader.phase == "final":
        seen = tuple(position for position in reader.snapshot if reader.checkpoint < position <= reader.upto)
        return replace(hand_out(reader, seen), snapshot=())
    return rule(world, reader)


def checkpoint_at_height(world: World, reader: Reader) -> Reader:
    """As the sequence's reader with the true value, and the checkpoint goes to H, whether or not there is a row."""
    if reader.phase == "read":
        return _round(reader, world.drawn, phase="list") if world.drawn > reader.checkpoint else reader
    if reader.phase == "final":
        return replace(_final(world, reader), checkpoint=reader.upto)
    return rule(world, reader)


def reloaded(reader: Reader) -> Reader:
    """After a crash of the server: the connection is lost, and with it everything but the checkpoint."""
    return Reader(checkpoint=reader.checkpoint, cursor=reader.cursor, delivered=reader.delivered)


def list_kept(reader: Reader) -> Reader:
    """The bug: the list of holders survives the crash."""
    return reader
