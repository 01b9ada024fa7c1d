"""The sample of commands, through the real command line, and what must be true after it: in the views, and in the queries."""

import json
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from tests.cli.program import ROOT, Ended, clone_cqrs
from tests.domain.cheap_clone import CHEAP_CLONE, open_cheap_clone
from tests.servers.databases import Templates
from tests.servers.postgresql import PrivateServer

from clone_cqrs.bootstrap import Application

SAMPLE = ROOT / "examples" / "data" / "clone-commands.jsonl"
EXPECTED: Mapping[str, Any] = json.loads(SAMPLE.with_suffix(".expected.json").read_text(encoding="utf-8"))
OF_USERS = ("profiles", "user_statistics")


@dataclass(frozen=True)
class Imported:
    """A database with the sample in it, and how the import went."""

    dsn: str
    ended: Ended
    rejects: Path


@pytest.fixture(scope="session")
def imported(server: PrivateServer, _templates: Templates, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Imported]:
    """Imported once: what follows reads it only, or changes nothing."""
    name = _templates.copy(None)
    rejects = tmp_path_factory.mktemp("rejects") / "rejects.jsonl"
    dsn = server.dsn(name)
    ended = clone_cqrs("import", SAMPLE, "--app", CHEAP_CLONE, "--dsn", dsn, "--json", "--rejects", rejects, cwd=ROOT)
    yield Imported(dsn, ended, rejects)
    _templates.drop(name)


@pytest.fixture
async def clone(imported: Imported) -> AsyncIterator[Application]:
    async with open_cheap_clone(imported.dsn, workers=False, migrate=False) as application:
        yield application


def test_every_line_has_the_outcome_that_is_expected(imported: Imported) -> None:
    assert imported.ended.code == 0, imported.ended.err
    assert imported.ended.json == {name: EXPECTED[name] for name in ("lines", "executed", "replayed", "rejected")}
    assert imported.ended.err == ""


def test_everything_executed_is_replayed_when_imported_again(imported: Imported) -> None:
    ended = clone_cqrs("import", SAMPLE, "--app", CHEAP_CLONE, "--dsn", imported.dsn, "--json", "--strict", cwd=ROOT)
    again = ended.json
    assert ended.code == 1  # --strict: some lines are refused
    assert (again["lines"], again["executed"]) == (EXPECTED["lines"], 0)
    assert again["replayed"] == EXPECTED["executed"] + EXPECTED["replayed"]


def test_the_rejects_tell_every_refusal_and_no_secret(imported: Imported) -> None:
    rejects = [json.loads(line) for line in imported.rejects.read_text(encoding="utf-8").splitlines()]
    codes = {code: sum(reject["code"] == code for reject in rejects) for code in EXPECTED["rejected"]}
    assert codes == EXPECTED["rejected"]
    assert [reject["line"] for reject in rejects] == sorted({reject["line"] for reject in rejects})
    assert all(reject["error"] for reject in rejects)
    assert all(reject.get("violations") for reject in rejects if reject["code"] == "validation_failed")
    text = imported.rejects.read_text(encoding="utf-8")
    assert [secret for secret in passwords() if secret in text] == []


VIEWS: Mapping[str, tuple[str, str]] = {
    "profiles": (
        "id",
        """
        SELECT *, active_voice_model ->> 'id' AS voice, active_face_model ->> 'id' AS face FROM user_profile_view
        """,
    ),
    "user_statistics": ("user_id", "SELECT * FROM user_statistics_view"),
    "sessions": ("id", "SELECT *, state = 'ended' AS ended FROM conversation_session_summary_view"),
    "documents": ("id", "SELECT * FROM document_summary_view"),
    "voice_models": ("id", "SELECT * FROM voice_model_summary_view"),
}


@pytest.mark.parametrize("kind", VIEWS)
async def test_the_views_show_what_is_expected(imported: Imported, kind: str) -> None:
    key, sql = VIEWS[kind]
    connection = await asyncpg.connect(imported.dsn)
    try:
        rows = await connection.fetch(sql)
    finally:
        await connection.close()
    found = {str(row[key]): dict(row) for row in rows}
    for row in found.values():
        if kind == "profiles":
            row["active_voice_model"], row["active_face_model"] = row["voice"], row["face"]
    assert_same(found, EXPECTED[kind])


@pytest.mark.parametrize(("kind", "query_type"), [("profiles", "user.get_profile"), ("user_statistics", "user.get_statistics")])
async def test_the_queries_on_users_answer_what_is_expected(clone: Application, kind: str, query_type: str) -> None:
    found = {}
    for user_id in EXPECTED[kind]:
        answer = await ask(clone, query_type, user_id)
        found[user_id] = answer.model_dump()
        for model in ("active_voice_model", "active_face_model"):
            if found[user_id].get(model) is not None:
                found[user_id][model] = str(found[user_id][model]["id"])
    assert_same(found, EXPECTED[kind])


LISTS: Mapping[str, tuple[str, str, str]] = {
    "sessions": ("conversation.list_sessions", "conversation.get_session", "sessionId"),
    "documents": ("document.list", "document.get", "documentId"),
    "voice_models": ("voice_model.list", "voice_model.get", "voiceModelId"),
}


@pytest.mark.parametrize("kind", LISTS)
async def test_the_lists_hold_what_is_expected(clone: Application, kind: str) -> None:
    list_type, _, _ = LISTS[kind]
    found = {}
    for user_id in EXPECTED["profiles"]:
        cursor = None
        while True:
            page = await ask(clone, list_type, user_id, pageSize=7, cursor=cursor)
            found.update({str(item.id): with_ended(item.model_dump()) for item in page.items})
            cursor = page.next_cursor
            if cursor is None:
                break
    assert_same(found, EXPECTED[kind])


@pytest.mark.parametrize("kind", LISTS)
async def test_the_queries_on_one_thing_answer_what_is_expected(clone: Application, kind: str) -> None:
    _, get_type, id_name = LISTS[kind]
    found = {}
    for id_, expected in EXPECTED[kind].items():
        answer = await ask(clone, get_type, expected["user_id"], **{id_name: id_})
        found[id_] = with_ended(answer.model_dump())
    assert_same(found, EXPECTED[kind])


async def ask(clone: Application, query_type: str, user_id: str, **payload: Any) -> Any:
    query = {"queryType": query_type, "userId": user_id, "payload": {"userId": user_id, **payload}}
    return (await clone.queries.execute_message(query, roles=None)).unwrap()


def with_ended(row: dict[str, Any]) -> dict[str, Any]:
    return row | {"ended": row.get("state") == "ended"}


def assert_same(found: Mapping[str, Mapping[str, Any]], expected: Mapping[str, Mapping[str, Any]]) -> None:
    """The same ids, and for each the same values in what is expected of it."""
    assert found.keys() == expected.keys()
    different = [
        (id_, name, found[id_][name], value)
        for id_, values in expected.items()
        for name, value in values.items()
        if not same(found[id_][name], value)
    ]
    assert different == []


def same(found: Any, expected: Any) -> bool:
    if isinstance(found, tuple):
        found = list(found)
    if isinstance(found, UUID):
        found = str(found)
    if isinstance(expected, (int, float)) and isinstance(found, (int, float, Decimal)):
        return abs(float(found) - expected) <= 1e-6
    return bool(found == expected)


def passwords() -> set[str]:
    """Every password of the sample, also on lines that are broken."""
    found = set()
    for line in SAMPLE.read_bytes().split(b"\n"):
        _, mark, rest = line.partition(b'"password": "')
        if mark:
            found.add(rest.partition(b'"')[0].decode())
    return {password for password in found if len(password) > 3}
