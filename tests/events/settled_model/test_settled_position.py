"""The rule of docs/decisions/0006 in every interleaving; and each wrong rule, which must be caught."""

from __future__ import annotations

from dataclasses import replace
from itertools import combinations_with_replacement

import pytest
from tests.events.settled_model import readers
from tests.events.settled_model.explorer import explore
from tests.events.settled_model.world import DRAWN_BEFORE_LOCK, PROGRAMS, Program, World

PAIRS = list(combinations_with_replacement(PROGRAMS, 2))
SHORT = ("one event", "another aggregate", "rolled back")


@pytest.mark.parametrize("names", PAIRS, ids=" and ".join)
def test_no_pair_of_writers_makes_the_rule_miss_or_turn_around_an_event(names: tuple[str, ...]) -> None:
    assert explore(_programs(names), readers.rule).violation is None


@pytest.mark.parametrize("names", list(combinations_with_replacement(SHORT, 3)), ids=" and ".join)
def test_no_three_short_writers_do(names: tuple[str, ...]) -> None:
    assert explore(_programs(names), readers.rule).violation is None


@pytest.mark.parametrize("names", [*combinations_with_replacement((*SHORT, "prepared"), 2)], ids=" and ".join)
def test_a_crash_of_the_server_in_between_changes_nothing(names: tuple[str, ...]) -> None:
    assert explore(_programs(names), readers.rule, crashes=1).violation is None


@pytest.mark.parametrize(
    ("reader", "names", "violation"),
    [
        (readers.plain_cursor, ("one event", "another aggregate"), "missed"),
        (readers.xmin_gate, ("early xid", "one event"), "inverted"),
        (readers.list_then_height, ("one event", "another aggregate"), "missed"),
        (readers.height_of_sequence, ("one event", "one event", "another aggregate"), "missed"),
        (readers.one_statement, ("one event", "another aggregate"), "missed"),
    ],
    ids=lambda value: getattr(value, "__name__", None),
)
def test_catches_the_wrong_rule(reader: readers.Step, names: tuple[str, ...], violation: str) -> None:
    assert explore(_programs(names), reader).violation == violation


def test_catches_a_checkpoint_at_a_number_that_no_row_has() -> None:
    programs = _programs(("rolled back", "one event"))
    assert explore(programs, readers.checkpoint_at_height, crashes=1).violation == "missed"


def test_catches_a_list_of_holders_that_is_kept_over_a_restart() -> None:
    programs = _programs(("prepared", "another aggregate"))

    # Without the guard of the prepared ones, which the rule has twice: the run of the server, and this.
    def unguarded(world: World, reader: readers.Reader) -> readers.Reader:
        return readers.rule(world, replace(reader, prepared_added=True))

    assert explore(programs, unguarded, crashes=1, after_crash=readers.list_kept).violation == "missed"


def test_catches_a_position_that_is_drawn_before_the_aggregate_is_locked() -> None:
    programs: tuple[Program, ...] = (DRAWN_BEFORE_LOCK, PROGRAMS["one event"])
    assert explore(programs, readers.rule).violation == "inverted"


def _programs(names: tuple[str, ...]) -> tuple[Program, ...]:
    return tuple(PROGRAMS[name] for name in names)
