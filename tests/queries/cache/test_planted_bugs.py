"""The bugs that a cache with positions could have: each, planted, is seen by a schedule of test_positions."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from tests.queries.cache import test_positions as schedules
from tests.queries.cache.simulated_log import FollowedScores

from clone_cqrs.queries.cache.cache import QueryCache
from clone_cqrs.queries.cache.entry import Entry
from clone_cqrs.queries.cached_answers import CachedAnswers

Plant = Callable[[pytest.MonkeyPatch], None]


def stamp_with_the_newest_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    begin = QueryCache.begin

    def planted(self: QueryCache, *args: Any) -> Any:
        load = begin(self, *args)
        partition, _, payload_key, holder, *_ = args
        entry = partition.find(payload_key, holder)
        entry.stamp = max(entry.stamp, *_newest.values()) if _newest else entry.stamp
        return load

    _newest: dict[str, int] = {}
    committed = FollowedScores.commit

    def committing(self: FollowedScores, position: int, *, here: bool = False) -> None:
        committed(self, position, here=here)
        if here:
            _newest["own"] = max(position, _newest.get("own", 0))

    monkeypatch.setattr(QueryCache, "begin", planted)
    monkeypatch.setattr(FollowedScores, "commit", committing)


def stamp_after_the_load(monkeypatch: pytest.MonkeyPatch) -> None:
    begin, loaded = QueryCache.begin, QueryCache._loaded

    def beginning(self: QueryCache, *args: Any) -> Any:
        load = begin(self, *args)
        partition, _, payload_key, holder, *_ = args
        partition.find(payload_key, holder).stamp = 1 << 60
        return load

    def ending(self: QueryCache, entry: Entry, *args: Any) -> None:
        entry.stamp = self.position
        loaded(self, entry, *args)

    monkeypatch.setattr(QueryCache, "begin", beginning)
    monkeypatch.setattr(QueryCache, "_loaded", ending)


def drop_without_looking_at_loads(monkeypatch: pytest.MonkeyPatch) -> None:
    invalidate = QueryCache._invalidate

    def ready_only(self: QueryCache, entries: Any) -> int:
        return invalidate(self, [entry for entry in entries if entry.result is not None])

    monkeypatch.setattr(QueryCache, "_invalidate", ready_only)


def drop_at_the_commit_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clone_cqrs.queries.following.Following.apply", lambda self, event: None)


def drop_when_settled_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clone_cqrs.queries.bus.QueryBus._committed", lambda self, events: None)


def use_the_cache_however_silent_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    def heard(self: Any, at: float) -> None:
        self._cache.usable_until = float("inf")

    monkeypatch.setattr("clone_cqrs.queries.following.Following.heard", heard)


def take_any_entry_for_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Entry, "holds", lambda self, position: True)


def take_any_newer_load_for_a_token(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        Entry,
        "holds",
        lambda self, position: self.stamp >= position or (self.contains is not None and self.contains >= position),
    )


def leave_the_roles_out_of_the_key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("clone_cqrs.queries.cached_answers._holder", lambda caller, level: caller.user_id)
    find = CachedAnswers.find

    def by_user(self: CachedAnswers, partition: Any, key: Any, caller: Any, level: Any) -> Any:
        return find(self, partition, key, caller.user_id, level)

    monkeypatch.setattr(CachedAnswers, "find", by_user)


async def roles_have_entries_of_their_own(followed: FollowedScores) -> None:
    await schedules.points(followed)
    assert not (await schedules.points(followed, roles={"admin"}))[1]


PLANTED: list[tuple[Plant, Callable[[FollowedScores], Awaitable[None]]]] = [
    (stamp_with_the_newest_commit, schedules.test_an_older_position_that_commits_later_kills_what_was_loaded_in_between),
    (stamp_after_the_load, schedules.test_an_event_kills_the_load_that_it_overtakes),
    (drop_without_looking_at_loads, schedules.test_an_event_kills_the_load_that_it_overtakes),
    (drop_at_the_commit_alone, schedules.test_a_load_that_ends_before_its_event_settles_dies_with_it),
    (drop_when_settled_alone, schedules.test_the_writer_drops_its_own_entries_at_once_and_again_when_the_position_settles),
    (use_the_cache_however_silent_the_log, schedules.test_a_silent_log_makes_the_cache_unused_until_it_is_heard_again),
    (take_any_entry_for_a_token, schedules.test_a_token_passes_over_entries_below_it_and_never_waits),
    (
        take_any_newer_load_for_a_token,
        schedules.test_an_answer_loaded_for_one_token_does_not_serve_an_older_one_that_was_still_open,
    ),
    (leave_the_roles_out_of_the_key, roles_have_entries_of_their_own),
]


@pytest.mark.parametrize(("plant", "schedule"), PLANTED, ids=[plant.__name__ for plant, _ in PLANTED])
async def test_is_seen(
    plant: Plant, schedule: Callable[[FollowedScores], Awaitable[None]], monkeypatch: pytest.MonkeyPatch
) -> None:
    await schedule(FollowedScores())
    plant(monkeypatch)
    with pytest.raises(AssertionError):
        await schedule(FollowedScores())
