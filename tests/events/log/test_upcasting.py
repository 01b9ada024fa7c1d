"""Events of old schema versions, raised to the newest whenever they are read.

Planted bugs, each seen to fail its test: steps taken beyond the class's version; a missing step passed over; a version newer
than known taken for the newest; models read as Python values instead of as JSON; an event appended without its version.
"""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from pydantic import BaseModel, ConfigDict
from tests.commands.waiting import until
from tests.events.log.stored_events import FIXTURES, profile_changed, store
from tests.events.subscriptions.facts import Seen
from tests.events.subscriptions.test_delivery import QUICK, WAIT_S

from clone_cqrs.errors import UnreadableEventError
from clone_cqrs.events import DeadLetters, EventLog, EventSubscriber, upcaster
from clone_cqrs.events.append import append_committed
from clone_cqrs.messages import DomainEvent, Payload
from clone_cqrs.postgres import Database
from clone_cqrs.testing import upcasters_restored


class Profile(Payload):
    profile_id: UUID
    name: str
    tier: str
    languages: tuple[str, ...]


class ProfileChanged(DomainEvent[Profile], type="profile.changed", aggregate="profile", schema_version=3): ...


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    with upcasters_restored():

        @upcaster("profile.changed", from_version=1)
        def split_name(payload: dict[str, Any]) -> dict[str, Any]:
            rest = {**payload}
            return {"name": rest.pop("fullName"), "tier": "free", **rest}

        @upcaster("profile.changed", from_version=2)
        def add_languages(payload: dict[str, Any]) -> dict[str, Any]:
            return {**payload, "languages": ["en"]}

        yield


@pytest.mark.parametrize("name", FIXTURES)
async def test_every_old_version_is_read_as_the_newest(database: Database, name: str) -> None:
    expected = FIXTURES[name]
    position = await store(database, expected["stored"])
    event = await EventLog(database).event(position)
    assert isinstance(event, ProfileChanged)
    assert event.wire_payload() == expected["read"]
    assert dict(event.metadata) == {**expected["stored"]["metadata"], "schema_version": 3}
    assert [each async for each in EventLog(database).read()] == [event]
    raw = await database.fetch_value("SELECT payload FROM cqrs.event")
    assert json.loads(raw) == expected["stored"]["payload"]


def test_there_is_a_fixture_of_every_version() -> None:
    assert {each["stored"]["metadata"].get("schema_version", 1) for each in FIXTURES.values()} == set(
        range(1, ProfileChanged.schema_version + 1)
    )


async def test_what_is_written_today_is_not_raised_again(database: Database) -> None:
    payload = {"profile_id": UUID(int=1), "name": "Ada", "tier": "gold", "languages": ["fr"]}
    await append_committed(database, [ProfileChanged(aggregate_id="ada", payload=payload)])
    (event,) = [each async for each in EventLog(database).read()]
    assert event.payload == Profile(profile_id=UUID(int=1), name="Ada", tier="gold", languages=("fr",))
    assert event.metadata["schema_version"] == 3


async def test_what_is_written_without_its_class_has_the_version_of_the_class(database: Database) -> None:
    newest = {"profileId": str(UUID(int=1)), "name": "Ada", "tier": "gold", "languages": ["fr"]}
    oldest = {"profileId": str(UUID(int=1)), "fullName": "Ada"}

    def changed(payload: Any, **metadata: Any) -> DomainEvent[Any]:
        return DomainEvent(
            event_type="profile.changed", aggregate_type="profile", aggregate_id="ada", payload=payload, metadata=metadata
        )

    caused = changed(newest).caused_by(timestamp=datetime.now(UTC), causation_id="a", correlation_id="b")
    await append_committed(database, [changed(newest), caused, changed(oldest, schema_version=1)])
    first, second, raised = [each async for each in EventLog(database).read()]
    assert first.payload == second.payload == Profile(profile_id=UUID(int=1), name="Ada", tier="gold", languages=("fr",))
    assert raised.payload.name == "Ada"
    assert raised.metadata["schema_version"] == 3


async def test_a_subscription_gets_the_newest_version(database: Database) -> None:
    seen = Seen()
    await store(database, profile_changed(1, fullName="Ada", profileId=str(UUID(int=1))))
    subscriber = EventSubscriber(database, "profiles", start="beginning")
    subscriber.on(ProfileChanged, seen)
    async with subscriber:
        await subscriber.wait_until(1, WAIT_S)
    assert [event.payload.tier for event in seen.events] == ["free"]


async def test_a_dead_letter_shows_the_newest_version(database: Database) -> None:
    seen = Seen()
    seen.refused = {1}
    await store(database, profile_changed(1, fullName="Ada", profileId=str(UUID(int=1))))
    subscriber = EventSubscriber(database, "profiles", start="beginning", retries=QUICK)
    subscriber.on(ProfileChanged, seen)
    async with subscriber:
        await until(DeadLetters(database).list)
    (letter,) = await DeadLetters(database).list()
    assert letter.event is not None
    assert letter.event.payload.languages == ("en",)


@pytest.mark.parametrize(
    ("stored", "why"),
    [
        (profile_changed(4, name="Ada"), "it has schema version 4, and the newest known here is 3"),
        (profile_changed(1, name="Ada"), r"the upcaster from schema version 1 failed \(KeyError\)"),
        (profile_changed(2, name="Ada"), "does not fit its type: .*profileId"),
        (profile_changed(0, name="Ada"), "its schema version is not a number from 1 on"),
        (profile_changed("3", name="Ada"), "its schema version is not a number from 1 on"),
        (profile_changed(None, name="Ada"), "its schema version is not a number from 1 on"),
    ],
)
async def test_what_cannot_be_raised_is_unreadable_and_says_why(database: Database, stored: Any, why: str) -> None:
    await store(database, stored)
    with pytest.raises(UnreadableEventError, match=rf"profile\.changed at position 1.*{why}"):
        await EventLog(database).event(1)


async def test_an_unreadable_event_is_set_aside_until_it_can_be_read(
    database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = Seen()
    newest = {"profileId": str(UUID(int=1)), "name": "Ada", "tier": "gold", "languages": ["fr"]}
    await store(database, profile_changed(4, **newest))
    last = await store(database, profile_changed(1, fullName="Grace", profileId=str(UUID(int=2))), "grace")
    subscriber = EventSubscriber(database, "profiles", start="beginning", retries=QUICK)
    subscriber.on(ProfileChanged, seen)
    async with subscriber:
        await until(DeadLetters(database).list)
        (letter,) = await DeadLetters(database).list()
        assert (letter.position, letter.event) == (1, None)
        assert letter.error == (
            "UnreadableEventError: profile.changed at position 1: it has schema version 4, and the newest known here is 3"
        )
        # A program that knows version 4 comes.
        monkeypatch.setattr(ProfileChanged, "schema_version", 4)
        upcaster("profile.changed", from_version=3)(dict)
        await DeadLetters(database).retry("profiles")
        await subscriber.wait_until(last, WAIT_S)
    assert sorted(seen.positions) == [1, 2]


async def test_a_step_that_is_missing_is_not_passed_over(database: Database) -> None:
    class Gone(DomainEvent[Profile], type="profile.gone", aggregate="profile", schema_version=3): ...

    upcaster("profile.gone", from_version=1)(dict)
    await store(database, {"event_type": "profile.gone", "payload": {}, "metadata": {"schema_version": 1}})
    await store(database, {"event_type": "profile.gone", "payload": {}, "metadata": {"schema_version": 2}})
    for position in (1, 2):
        with pytest.raises(UnreadableEventError, match="no upcaster leads from 2 to 3"):
            await EventLog(database).event(position)


async def test_steps_beyond_the_version_of_the_class_are_a_mistake_that_is_told(database: Database) -> None:
    class Left(DomainEvent[Profile], type="profile.left", aggregate="profile", schema_version=2): ...

    upcaster("profile.left", from_version=2)(dict)
    await store(database, {"event_type": "profile.left", "payload": {}, "metadata": {"schema_version": 2}})
    with pytest.raises(UnreadableEventError, match="upcasters lead to schema version 3, but its class declares 2"):
        await EventLog(database).event(1)


async def test_without_a_class_the_steps_tell_the_newest_version(database: Database) -> None:
    upcaster("profile.seen", from_version=1)(lambda payload: {**payload, "new": True})
    for version in (1, 2, 3):
        await store(database, {"event_type": "profile.seen", "payload": {}, "metadata": {"schema_version": version}})
    await store(database, {"event_type": "profile.other", "payload": {}, "metadata": {"schema_version": 7}})
    events = EventLog(database)
    assert dict((await events.event(1)).payload) == {"new": True}
    assert dict((await events.event(2)).payload) == {}
    with pytest.raises(UnreadableEventError, match="newest known here is 2"):
        await events.event(3)
    assert (await events.event(4)).metadata["schema_version"] == 7


@pytest.mark.parametrize("returned", [None, ["a"], {"when": object()}, {"size": float("nan")}])
async def test_what_an_upcaster_returns_has_to_be_an_object_of_json(database: Database, returned: Any) -> None:
    upcaster("profile.odd", from_version=1)(lambda payload: returned)
    await store(database, {"event_type": "profile.odd", "payload": {}, "metadata": {}})
    with pytest.raises(UnreadableEventError, match="upcaster from schema version 1 failed"):
        await EventLog(database).event(1)


async def test_models_that_are_strict_are_read_as_json(database: Database) -> None:
    class Strict(BaseModel):
        model_config = ConfigDict(strict=True, frozen=True)
        owner: UUID

    class Owned(DomainEvent[Strict], type="profile.owned", aggregate="profile"): ...

    await append_committed(database, [Owned(aggregate_id="ada", payload=Strict(owner=UUID(int=7)))])
    assert (await EventLog(database).event(1)).payload == Strict(owner=UUID(int=7))


async def test_what_is_not_an_object_is_unreadable(database: Database) -> None:
    await store(database, {"event_type": "profile.list", "payload": [], "metadata": {}})
    await store(database, {"event_type": "profile.list", "payload": {}, "metadata": []})
    for position in (1, 2):
        with pytest.raises(UnreadableEventError, match=f"at position {position}"):
            await EventLog(database).event(position)


def test_one_step_has_one_upcaster() -> None:
    @upcaster("profile.once", from_version=1)
    def first(payload: dict[str, Any]) -> dict[str, Any]:
        return payload

    assert upcaster("profile.once", from_version=1)(first) is first
    with pytest.raises(ValueError, match="schema version 1 already has an upcaster"):
        upcaster("profile.once", from_version=1)(dict)
    with pytest.raises(ValueError, match="begin at 1"):
        upcaster("profile.once", from_version=0)


def test_what_a_test_registers_is_forgotten_after_it_and_nothing_else() -> None:
    upcaster("profile.kept", from_version=1)(dict)
    with upcasters_restored():
        upcaster("profile.kept", from_version=2)(dict)
    upcaster("profile.kept", from_version=2)(lambda payload: {})
    with pytest.raises(ValueError, match="already has an upcaster"):
        upcaster("profile.kept", from_version=1)(lambda payload: {})
