"""`clone-cqrs events`, `dead-letters` and `subscriptions`, one command at a time.

Planted to see these tests fail: personal data shown where a model lies inside a model; what no class declares shown whole; a
`--dry-run` that does; a refusal to ask where nobody is there that goes on.
"""

import asyncio
import json
import os
import pty
import signal
from collections.abc import Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from tests.cli.operating.mailing_clone import BROKEN_WHILE, MAILING_CLONE, open_mailing_clone
from tests.cli.program import DEADLINE_S, called, running

from clone_cqrs import DomainEvent, Payload, Personal
from clone_cqrs.cli.events.told import told_event
from clone_cqrs.domain import CreateUserCommand
from clone_cqrs.http.event_stream.frame import frame_of
from clone_cqrs.testing import until_quiet

APP = ("--app", MAILING_CLONE)
USERS = [UUID(int=number) for number in (1, 2)]


async def leave_dead_letters(dsn: str) -> None:
    """Two users, whose mails both fail, at positions 1 and 2."""
    async with open_mailing_clone(dsn) as clone:
        for user_id in USERS:
            payload = {
                "user_id": user_id,
                "email": f"{user_id}@example.com",
                "name": "Ada",
                "password": "correct horse",
                "subscription_tier": "free",
            }
            (await clone.commands.execute(CreateUserCommand(user_id="system", payload=payload))).unwrap()
        await until_quiet(clone.database)


@pytest.fixture
def failed_dsn(clone_dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    broken = tmp_path / "broken"
    broken.touch()
    monkeypatch.setenv(BROKEN_WHILE, str(broken))
    asyncio.run(leave_dead_letters(clone_dsn))
    broken.unlink()
    return clone_dsn


def test_dead_letters_are_listed_retried_and_discarded(failed_dsn: str) -> None:
    def letters(*arguments: str) -> Any:
        return called("dead-letters", *arguments, *APP, dsn=failed_dsn)

    assert [each["aggregateId"] for each in letters("list", "--json").json["deadLetters"]] == [str(each) for each in USERS]
    assert letters("list", "--aggregate", str(USERS[1])).out == (
        f"mail 2  user.created  user/{USERS[1]}  dead after 2 attempts\n"
        "  RuntimeError: the mail server does not know this form\n"
    )
    assert letters("list", "other").out == "none\n"

    which = letters("retry")
    assert (which.code, which.out) == (2, "")
    assert which.err.startswith("error: which ones? Name a SUBSCRIPTION")
    unasked = letters("discard", "--all")
    assert (unasked.code, unasked.err) == (
        2,
        "error: nobody is there to be asked: Discard 2 dead letters? --yes says so\n",
    )
    tried = letters("retry", "mail", "--dry-run", "--json").json
    assert (tried["dryRun"], len(tried["retried"])) == (True, 2)
    nowhere = letters("retry", "mail", "7", "--yes")
    assert (nowhere.code, nowhere.out) == (1, "")
    assert nowhere.err.startswith("error: there is no dead letter at position 7; `clone-cqrs dead-letters list` tells")
    assert len(letters("list", "--json").json["deadLetters"]) == 2

    gone = letters("discard", "mail", "1", "--yes")
    assert (gone.code, gone.out.splitlines()[-1]) == (0, "1 discarded")
    assert gone.err == "no worker runs mail: `clone-cqrs worker` does\n"
    again = letters("discard", "mail", "1", "--yes")
    assert again.err == "error: position 1 is no dead letter: it is discarded\n"
    assert [each["position"] for each in letters("list", "--json").json["deadLetters"]] == [2]

    held = called("subscriptions", "remove", "mail", "--yes", *APP, dsn=failed_dsn)
    assert held.code == 1
    assert "give them up with --discard-dead-letters" in held.err
    assert called("subscriptions", "remove", "mail", "--yes", "--discard-dead-letters", *APP, dsn=failed_dsn).code == 0
    unknown = called("subscriptions", "remove", "mail", "--yes", *APP, dsn=failed_dsn)
    assert (unknown.code, unknown.err) == (2, "error: there is no subscription 'mail'; there are cqrs.views\n")


def test_events_are_read_and_replayed(failed_dsn: str) -> None:
    def events(*arguments: str) -> Any:
        return called("events", *arguments, *APP, dsn=failed_dsn)

    assert [json.loads(line)["position"] for line in events("tail", "--no-follow", "--json").out.splitlines()] == [1, 2]
    assert len(events("tail", "--no-follow", "--from", "2").out.splitlines()) == 1
    assert len(events("tail", "--no-follow", "--last", "1").out.splitlines()) == 1
    assert str(USERS[0]) in events("tail", "--no-follow", "--aggregate", str(USERS[0]), "--type", "user.*").out
    assert events("tail", "--no-follow", "--type", "document.*").out == ""
    mistyped = events("tail", "--no-follow", "--type", "user.creatd")
    assert mistyped.err == "the application declares no event 'user.creatd'; did you mean user.created?\n"

    masked = events("show", "1", "--json").json
    assert (masked["payload"]["email"], masked["payload"]["subscriptionTier"]) == ("**********", "free")
    assert events("show", "1", "--unmasked", "--json").json["payload"]["email"] == f"{USERS[0]}@example.com"
    assert events("show", "9").err == "error: no event at position 9\n"

    again = events("replay", "mail", "--from", "2", "--json")
    assert again.json == {"subscription": "mail-replay", "from": 2, "until": 2, "kept": False}
    kept = events("replay", "mail", "mail-2", "--until", "1", "--keep")
    assert kept.out == "replayed the positions 1 to 1; the subscription mail-2 stays, its checkpoint there\n"
    twice = events("replay", "mail", "mail-2")
    assert (twice.code, twice.err) == (2, "error: the subscription 'mail-2' exists: a replay needs a fresh name\n")
    strange = events("replay", "mial")
    assert (strange.code, strange.err) == (2, "error: the application has no subscription 'mial'; it has mail\n")


@pytest.mark.parametrize(("answer", "code", "left"), [(None, 130, 2), (b"y\n", 0, 0)])
def test_asks_on_a_terminal(failed_dsn: str, tmp_path: Path, answer: bytes | None, code: int, left: int) -> None:
    ours, theirs = pty.openpty()
    discard = ("dead-letters", "discard", "--all", *APP)
    with running(*discard, at=tmp_path / "discard", env={"DATABASE_URL": failed_dsn}, stdin=theirs) as asking:
        asking.until(lambda: asking.err.endswith("Discard 2 dead letters? [y/N] "))
        if answer is None:
            assert asking.end(signal.SIGINT) == code
            assert "Traceback" not in asking.err
        else:
            os.write(ours, answer)
            assert asking.process.wait(DEADLINE_S) == code
    os.close(ours)
    os.close(theirs)
    assert len(called("dead-letters", "list", *APP, "--json", dsn=failed_dsn).json["deadLetters"]) == left


class Address(Payload):
    street: Personal[str]
    country: str


class Moved(Payload):
    address: Address
    earlier: tuple[Address, ...] = ()
    by_year: Mapping[str, Address] = {}
    note: Personal[str | None] = None


def test_masks_what_a_model_inside_a_model_marks_and_what_no_class_declares() -> None:
    class PersonMoved(DomainEvent[Moved], type="test_cli.moved", aggregate="person"): ...

    here = Address(street="Main Street 1", country="NL")
    moved = PersonMoved(aggregate_id="1", payload=Moved(address=here, earlier=(here,), by_year={"1999": here}))
    masked = {"street": "**********", "country": "NL"}
    told = told_event(moved, unmasked=False)
    assert told["payload"] == {"address": masked, "earlier": [masked], "byYear": {"1999": masked}, "note": None}
    assert told_event(moved, unmasked=True)["payload"]["address"]["street"] == "Main Street 1"
    undeclared: DomainEvent[Any] = DomainEvent(
        event_type="test_cli.heard", aggregate_type="person", aggregate_id="1", payload={"street": "Main Street 1", "n": [1]}
    )
    assert told_event(undeclared, unmasked=False)["payload"] == {"street": "**********", "n": "**********"}


def test_masks_what_lies_under_a_key_that_is_no_text() -> None:
    class Houses(Payload):
        by_number: Mapping[int, Address]

    class HousesListed(DomainEvent[Houses], type="test_cli.houses", aggregate="person"): ...

    listed = HousesListed(aggregate_id="1", payload=Houses(by_number={7: Address(street="Main Street 1", country="NL")}))
    expected = {"byNumber": {"7": {"street": "**********", "country": "NL"}}}
    assert told_event(listed, unmasked=False)["payload"] == expected
    assert json.loads(frame_of(listed).text.split(b"data: ")[1].split(b"\n")[0])["payload"] == expected
