"""`clone-cqrs execute` and `query`.

Planted to see these tests fail: roles taken as () where none are named; the exit code of a refusal 0; an unknown type sent on
to the bus; the data written without its wire spelling.
"""

import json
from pathlib import Path
from uuid import uuid4

import pytest
from tests.cli.program import called
from tests.domain.cheap_clone import CHEAP_CLONE

SECRET = "hunter2-hunter2"
CHEAP = ("--app", CHEAP_CLONE)


def user(**payload: object) -> str:
    return json.dumps(
        {"email": f"{uuid4()}@example.com", "name": "Ada", "password": SECRET, "subscriptionTier": "free"} | payload
    )


def test_executes_and_asks(clone_dsn: str) -> None:
    user_id, command_id = str(uuid4()), str(uuid4())
    given = user(userId=user_id)
    first = called("execute", "user.create", given, "--id", command_id, *CHEAP, dsn=clone_dsn)
    assert (first.code, json.loads(first.out)) == (0, {"userId": user_id}), first.err
    assert first.err.startswith("token v1.")
    again = called("execute", "user.create", given, "--id", command_id, *CHEAP, "--json", dsn=clone_dsn)
    assert again.json.keys() == {"success", "data", "error", "replayed", "token", "timestamp"}
    assert again.json["replayed"] is True
    assert f"token {again.json['token']}\n" == first.err

    question = ("query", "user.get_profile", json.dumps({"userId": user_id}), "--as", user_id)
    answer = called(*question, "--at-least", again.json["token"], dsn=clone_dsn)
    assert answer.code == 0, answer.err
    assert json.loads(answer.out)["subscriptionTier"] == "free"
    strong = called(*question, "--consistency", "strong", "--json", dsn=clone_dsn)
    assert strong.json["fromCache"] is False
    assert strong.json["data"]["name"] == "Ada"


def test_reads_the_payload_from_a_file_or_stdin(clone_dsn: str, tmp_path: Path) -> None:
    file = tmp_path / "user.json"
    file.write_text(user(), encoding="utf-8")
    assert called("execute", "user.create", f"@{file}", *CHEAP, dsn=clone_dsn).code == 0
    assert called("execute", "user.create", *CHEAP, dsn=clone_dsn, stdin=user()).code == 0
    missing = called("execute", "user.create", "@nowhere.json", *CHEAP, dsn=clone_dsn)
    assert (missing.code, missing.err) == (2, "error: PAYLOAD: cannot read nowhere.json: No such file or directory\n")


def test_a_wrong_payload_is_told_with_what_would_be_right(clone_dsn: str) -> None:
    ended = called("execute", "user.create", user(email="nobody", password="short"), dsn=clone_dsn)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.splitlines() == [
        "error: validation_failed",
        "  email: should be an email address: one @, no spaces",
        "  password: should have 8 to 128 characters",
        "the payload of user.create is {userId?: UUID, email: text, name: text, password: secret text, "
        'subscriptionTier: "free" | "pro" | "enterprise"}',
    ]
    broken = called("execute", "user.delete", "{nothing", dsn=clone_dsn)
    assert (broken.code, broken.out) == (2, "")
    assert broken.err == "error: PAYLOAD as given is not JSON; the payload of user.delete is {userId: UUID}\n"


def test_an_unknown_type_is_told_with_those_that_come_near(clone_dsn: str) -> None:
    ended = called("query", "user.get_profil", "{}", dsn=clone_dsn)
    assert (ended.code, ended.out) == (2, "")
    assert ended.err.startswith("error: no handler for the query 'user.get_profil'; did you mean user.get_profile or ")
    assert "there are conversation.get_history" in called("query", "xyzzy", "{}", dsn=clone_dsn).err
    assert "--list" in called("query", dsn=clone_dsn).err


def test_who_may_not_is_told_who_may(clone_dsn: str) -> None:
    payload = json.dumps({"userId": str(uuid4())})
    refused = called("query", "user.get", payload, "--as", str(uuid4()), dsn=clone_dsn)
    assert (refused.code, refused.out) == (3, "")
    assert "error: forbidden: " in refused.err
    assert "who may: owner of user_id or has role admin" in refused.err
    absent = called("query", "user.get", payload, "--role", "admin", "--json", dsn=clone_dsn)
    assert (absent.code, absent.json["error"]["code"], absent.json["data"]) == (3, "not_found", None)


def test_asking_makes_no_tables(empty_dsn: str) -> None:
    ended = called("query", "user.get", "{}", dsn=empty_dsn)
    assert (ended.code, ended.err) == (1, "error: this database has no schema cqrs yet: run `clone-cqrs migrate`\n")


@pytest.mark.parametrize(("command", "known"), [("execute", "user.create"), ("query", "user.get")])
def test_lists_its_types_without_a_database(command: str, known: str) -> None:
    nowhere = "postgresql://nobody@127.0.0.1:1/nothing"
    listed = called(command, "--list", "--json", dsn=nowhere).json
    assert listed[known]["payload"]["properties"]["userId"]
    assert all(each["policy"] for each in listed.values())
    assert len(called(command, "--list", dsn=nowhere).out.splitlines()) == 2 * len(listed)
