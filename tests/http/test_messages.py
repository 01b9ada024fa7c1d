"""Commands and queries over HTTP.

Planted bugs, each seen to fail its test: the body's userId taken for the actor; the body's timestamp kept; the key's text made
an id without the actor; a bare payload with a field `payload` taken for an envelope.
"""

from uuid import uuid4

import pytest
from tests.http.caller import ADMIN, SYSTEM, Caller, bearer, codes, new_user

from clone_cqrs.bootstrap import Application


async def test_executes_a_command_and_answers_a_query(http: Caller) -> None:
    created = await http.command("user.create", new_user(name="Ada"))
    assert created.status_code == 200, created.text
    answer = created.json()
    assert answer.keys() == {"success", "commandId", "data", "timestamp", "token", "replayed"}
    assert created.headers["consistency-token"] == answer["token"]
    user_id = answer["data"]["userId"]
    token = {"Consistency-Token": answer["token"]}
    profile = await http.query("user.get_profile", {"userId": user_id}, bearer(user_id), **token)
    assert profile.status_code == 200, profile.text
    assert profile.json()["data"]["name"] == "Ada"
    assert profile.headers["consistency-token"] == answer["token"]
    again = await http.query("user.get_profile", {"payload": {"user_id": user_id}}, bearer(user_id))
    assert again.json() | {"fromCache": True} == profile.json() | {"fromCache": True}


async def test_the_actor_is_the_tokens_subject_whatever_the_body_says(http: Caller) -> None:
    ada, eve = await http.user(), await http.user()
    rename = {"payload": {"userId": ada, "name": "Eve"}, "userId": ada, "commandType": "user.update"}
    assert codes([await http.command("user.update", rename, bearer(eve))]) == [(403, "forbidden")]
    assert codes([await http.command("user.update", rename, bearer(eve, "admin"))]) == [(200, "")]


async def test_the_time_is_the_servers(http: Caller, clone: Application) -> None:
    long_ago = "2020-01-01T00:00:00Z"
    body = {"payload": new_user(), "timestamp": long_ago}
    assert codes([await http.command("user.create", body)]) == [(200, "")]
    assert await clone.database.fetch_value("SELECT min(timestamp) > now() - interval '1 hour' FROM cqrs.event")
    assert codes([await http.command("user.create", {**body, "timestamp": "yesterday"})]) == [(422, "validation_failed")]


@pytest.mark.parametrize(
    ("body", "violations"),
    [
        ({"payload": {}, "commandType": "user.delete"}, ["commandType: differs from the address", "userId: is required"]),
        ({"payload": {}, "command_type": 7}, ["command_type: differs from the address", "userId: is required"]),
        ({"payload": {}, "more": 1}, ["more: is not a known field", "payload: is not a known field", "userId: is required"]),
        ({"payload": None}, ["payload: is required"]),
        ({"payload": 3}, ["payload: should be an object, or a UpdateUser"]),
        ({"userId": "x", "nme": 1}, ["nme: is not a known field", "userId: should be a UUID"]),
        ({"payload": {}, "commandId": "x"}, ["commandId: should be a UUID", "userId: is required"]),
        ({"payload": {}, "metadata": 1}, ["metadata: should be an object", "userId: is required"]),
    ],
)
async def test_an_object_whose_members_are_all_an_envelopes_is_one(http: Caller, body: object, violations: list[str]) -> None:
    answer = await http.command("user.update", body)
    assert answer.status_code == 422, answer.text
    assert sorted(answer.json()["violations"]) == violations
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        (b"", 400, "malformed"),
        (b"null", 400, "malformed"),
        (b"[]", 400, "malformed"),
        (b'{"userId": NaN}', 400, "malformed"),
        (b"\xff", 400, "malformed"),
        (b'{"a":' * 40 + b"1" + b"}" * 40, 400, "malformed"),
        (b'{"a":' * 30_000, 400, "malformed"),
        (b"{}", 422, "validation_failed"),
        (b'{"a":"' + b"x" * (1024 * 1024) + b'"}', 413, "too_large"),
    ],
)
async def test_answers_a_problem_to_what_is_no_message(http: Caller, body: bytes, status: int, code: str) -> None:
    assert codes([await http.command("user.update", body), await http.query("user.get", body)]) == [(status, code)] * 2


async def test_an_unknown_type_is_told_apart_from_an_unknown_address(http: Caller) -> None:
    answers = [
        await http.command("user.rename", {}),
        await http.query("user.create", {}),
        await http.client.post("/nowhere", headers=ADMIN),
        await http.client.post("/commands", headers=ADMIN),
        await http.client.get("/commands/user.create", headers=ADMIN),
    ]
    assert codes(answers) == [
        (404, "unknown_command"),
        (404, "unknown_query"),
        (404, "unknown_address"),
        (404, "unknown_address"),
        (405, "method_not_allowed"),
    ]
    assert answers[-1].headers["allow"] == "POST"
    assert {answer.headers["content-type"] for answer in answers} == {"application/problem+json"}


async def test_outcomes_have_the_statuses_of_the_table(http: Caller) -> None:
    ada = await http.user()
    stranger, payload = str(uuid4()), new_user()
    answers = [
        await http.command("user.create", payload),
        await http.command("user.create", payload),
        await http.command("user.update", {"userId": stranger, "name": "X"}, bearer(stranger)),
        await http.command("voice_model.activate", {"userId": ada, "voiceModelId": stranger}, bearer(ada)),
        await http.query("user.get", {"userId": ada}, bearer(stranger)),
        await http.query("user.get", {"userId": ada}, ADMIN, **{"Consistency-Token": "v1.nonsense"}),
    ]
    assert codes(answers) == [
        (200, ""),
        (409, "conflict"),
        (404, "not_found"),
        (404, "not_found"),
        (403, "forbidden"),
        (422, "validation_failed"),
    ]
    conflict = answers[1].json()
    assert conflict["retryable"] is True
    assert conflict["type"] == "urn:clone-cqrs:problem:conflict"
    assert conflict["commandId"]


async def test_a_key_makes_two_requests_one_command(http: Caller) -> None:
    named = str(uuid4())
    for key in (named, named.upper(), "an order of today", '"in quotes"', "x" * 255):
        payload = new_user()
        first = await http.command("user.create", payload, SYSTEM, **{"Idempotency-Key": key})
        again = await http.command("user.create", payload, SYSTEM, **{"Idempotency-Key": key})
        if key == named.upper():  # the id of the first round, for another payload
            assert codes([first, again]) == [(409, "idempotency_mismatch")] * 2
            continue
        assert again.json() == {**first.json(), "replayed": True}, again.text
        assert (first.json()["commandId"] == named) == (key == named)


async def test_the_same_text_of_another_actor_is_another_command(http: Caller) -> None:
    for _ in range(2):
        user_id = await http.user()
        renamed = await http.command(
            "user.update", {"userId": user_id, "name": "X"}, bearer(user_id), **{"Idempotency-Key": "k"}
        )
        assert renamed.json()["replayed"] is False


async def test_refuses_a_key_that_the_body_contradicts(http: Caller) -> None:
    one, other = str(uuid4()), str(uuid4())
    body = {"payload": new_user(), "commandId": one}
    answers = [
        await http.command("user.create", body, SYSTEM, **{"Idempotency-Key": key})
        for key in (other, "text", "x" * 256, "", one)
    ]
    assert codes(answers) == [(422, "validation_failed")] * 4 + [(200, "")]
    assert answers[0].json()["violations"] == ["commandId: differs from the Idempotency-Key"]


async def test_a_page_links_to_the_next_one(http: Caller) -> None:
    ada = await http.user()
    document = {"userId": ada, "filename": "a.pdf", "contentType": "application/pdf", "storagePath": "a.pdf", "sizeBytes": 1}
    uploaded = [await http.command("document.upload", document, bearer(ada)) for _ in range(5)]
    question, seen = {"userId": ada, "pageSize": 2}, []
    page = await http.query("document.list", question, bearer(ada), **{"Consistency-Token": uploaded[-1].json()["token"]})
    while True:
        seen += [item["id"] for item in page.json()["data"]["items"]]
        following = page.links.get("next")
        assert (following is None) == (page.json()["data"]["nextCursor"] is None)
        if following is None:
            break
        page = await http.client.post(page.url.join(following["url"]), json=question, headers=bearer(ada))
        assert page.status_code == 200, page.text
    assert seen == [answer.json()["data"]["documentId"] for answer in reversed(uploaded)]


async def test_an_answer_is_as_fresh_as_asked_for(http: Caller) -> None:
    question = {"userId": await http.user()}
    found = []
    for level in ("session", "session", "strong", "eventual"):
        answer = await http.client.post(f"/queries/user.get?consistency={level}", json=question, headers=ADMIN)
        found.append(answer.json()["fromCache"])
    assert found == [False, True, False, True]
    wrong = await http.client.post("/queries/user.get?consistency=soon&freshness=1", json=question, headers=ADMIN)
    assert wrong.json()["violations"] == [
        "freshness: is not a known parameter",
        "consistency: should be one of 'eventual', 'session' or 'strong'",
    ]


@pytest.mark.parametrize(
    ("headers", "correlation_id"),
    [
        ({"X-Request-ID": "order-7"}, "order-7"),
        ({"traceparent": "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"}, "0af7651916cd43dd8448eb211c80319c"),
        ({"traceparent": "00-" + "0" * 32 + "-b7ad6b7169203331-01"}, None),
        ({"X-Request-ID": "not printable: \xe4"}, None),
        ({}, None),
    ],
)
async def test_events_bear_the_correlation_id_of_the_request(
    http: Caller, clone: Application, headers: dict[str, str], correlation_id: str | None
) -> None:
    sent = [(name.encode(), value.encode("latin-1")) for name, value in {**SYSTEM, **headers}.items()]
    answer = await http.client.post("/commands/user.create", json=new_user(), headers=sent)
    stored = await clone.database.fetch_value("SELECT metadata ->> 'correlation_id' FROM cqrs.event")
    assert stored == answer.headers["x-request-id"]
    assert correlation_id in (None, stored)
