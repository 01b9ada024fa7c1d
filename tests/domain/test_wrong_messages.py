"""For every message: the wrong user's id, the wrong actor, and every missing, extra and ill-typed field.

Made from the handlers that are registered and the fields of their payloads; one database for all of a server.
"""

import json
from collections.abc import AsyncIterator, Iterator
from typing import Any
from uuid import UUID

import pytest
import pytest_asyncio
from tests.domain.clone import Clone, code, nobody
from tests.domain.samples import ADA, BOB, FOR_SYSTEM, actor_of, build_world, message_classes, sample
from tests.domain.wrong_values import wrong_values
from tests.servers.databases import Templates, migrate_domain
from tests.servers.postgresql import PrivateServer

from clone_cqrs.messages import CommandResult, Envelope, QueryResult
from clone_cqrs.postgres import Database

pytestmark = pytest.mark.asyncio(loop_scope="module")

Message = type[Envelope[Any, Any]]
MESSAGES = message_classes()
every_message = pytest.mark.parametrize("cls", MESSAGES, ids=lambda cls: cls.type_name)


def every_field(which: str) -> pytest.MarkDecorator:
    """which: "required" or "properties" of a payload's JSON Schema."""
    found = [(cls, field) for cls in MESSAGES for field in cls.payload_type.model_json_schema()[which]]
    return pytest.mark.parametrize(("cls", "field"), found, ids=[f"{cls.type_name}-{field}" for cls, field in found])


@pytest.fixture(scope="module")
def world_dsn(server: PrivateServer, _templates: Templates) -> Iterator[str]:
    name = _templates.copy(migrate_domain)
    yield server.dsn(name)
    _templates.drop(name)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def world(world_dsn: str) -> AsyncIterator[Clone]:
    async with Database.open(world_dsn) as database:
        clone = Clone(database)
        await build_world(clone)
        before = await clone.everything()
        yield clone
        assert await clone.everything() == before


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _nothing_happens(world: Clone) -> AsyncIterator[None]:
    """Whatever a test here says to the clone is refused, and leaves no trace."""
    carried_out = "SELECT (SELECT count(*) FROM cqrs.command) + (SELECT count(*) FROM cqrs.event)"
    before = await world.database.fetch_value(carried_out)
    yield
    assert await world.database.fetch_value(carried_out) == before


async def send(
    clone: Clone,
    cls: Message,
    payload: Any,
    *,
    actor: UUID | str | None = None,
    roles: set[str] | None = None,
    as_bytes: bool = True,
) -> CommandResult[Any] | QueryResult[Any]:
    """In wire form, by default as who may."""
    actor = actor_of(cls) if actor is None else actor
    message = {f"{cls.kind}Type": cls.type_name, "userId": str(actor), "payload": payload}
    bus = clone.commands if cls.kind == "command" else clone.queries
    return await bus.execute_message(json.dumps(message).encode() if as_bytes else message, roles=roles)


async def violations(clone: Clone, cls: Message, payload: Any, **how: Any) -> tuple[str, ...]:
    result = await send(clone, cls, payload, **how)
    assert code(result) == "validation_failed", payload
    found: tuple[str, ...] = result.error.violations  # type: ignore[union-attr]
    return found


@every_field("required")
async def test_refuses_a_missing_field(world: Clone, cls: Message, field: str) -> None:
    payload = sample(cls)
    del payload[field]
    assert await violations(world, cls, payload) == (f"{field}: is required",)
    assert await violations(world, cls, {**payload, field: None})


@every_message
async def test_names_all_that_is_missing(world: Clone, cls: Message) -> None:
    required = cls.payload_type.model_json_schema()["required"]
    assert await violations(world, cls, {}) == tuple(f"{field}: is required" for field in required)


@every_message
async def test_refuses_an_extra_field(world: Clone, cls: Message) -> None:
    for name in ("unknown", "passwordHash", "deletedAt", "UserId", "", "__class__"):
        found = await violations(world, cls, {**sample(cls), name: "a secret value"})
        assert len(found) == 1
        assert found[0].endswith(": is not a known field")
        assert "a secret value" not in found[0]


@every_message
async def test_refuses_a_payload_that_is_no_object(world: Clone, cls: Message) -> None:
    for payload in (None, [], "text", 5, True, [sample(cls)]):
        (found,) = await violations(world, cls, payload)
        assert found.startswith("payload: ")


@every_field("properties")
async def test_refuses_what_does_not_fit_a_field(world: Clone, cls: Message, field: str) -> None:
    schema = cls.payload_type.model_json_schema()
    probes = list(wrong_values(schema["properties"][field], schema.get("$defs", {})))
    assert len(probes) > 5
    for value, path in probes:
        found = await violations(world, cls, {**sample(cls), field: value})
        assert [each.partition(": ")[0] for each in found] == [field + path], (value, found)
        # The rule, never the input.
        assert "a text" not in found[0]
        assert "no such value" not in found[0]


@every_field("properties")
async def test_refuses_a_field_in_both_spellings(world: Clone, cls: Message, field: str) -> None:
    spelled = {info.alias: name for name, info in cls.payload_type.model_fields.items()}[field]
    if spelled != field:
        payload = sample(cls)
        assert await violations(world, cls, {**payload, field: payload.get(field), spelled: payload.get(field)})


def of_someone(cls: Message) -> bool:
    """Whether the message names something that is there, besides its user."""
    return bool({"voiceModelId", "faceModelId", "documentId", "sessionId"} & set(sample(cls)))


@every_message
async def test_what_is_not_the_users_is_not_found(world: Clone, cls: Message) -> None:
    if not of_someone(cls):
        return
    for owner in (BOB, nobody()):
        if cls.type_name in FOR_SYSTEM:
            result = await send(world, cls, sample(cls, owner), actor="system")
        else:
            result = await send(world, cls, sample(cls, owner), actor=owner)
        assert code(result) == "not_found"
        if cls.kind == "query":
            assert code(await send(world, cls, sample(cls, owner), actor="ops", roles={"admin"})) == "not_found"


@every_message
async def test_what_is_not_there_is_not_found(world: Clone, cls: Message) -> None:
    if cls.type_name == "user.create":
        return
    owner = nobody()
    actor = "system" if cls.type_name in FOR_SYSTEM else owner
    assert code(await send(world, cls, sample(cls, owner), actor=actor)) == "not_found"
    payload = sample(cls)
    for name in ("voiceModelId", "faceModelId", "documentId", "sessionId"):
        if name in payload:
            assert code(await send(world, cls, {**payload, name: str(nobody())})) == "not_found"


@every_message
async def test_the_wrong_actor_is_refused(world: Clone, cls: Message) -> None:
    payload = sample(cls)
    wrong: list[tuple[UUID | str, set[str]]] = [(BOB, set()), (nobody(), {"user"}), ("system", set()), ("system", {"admin"})]
    if cls.type_name in FOR_SYSTEM:
        wrong += [(ADA, set()), (ADA, {"admin"}), (payload["userId"], set())]
    else:
        wrong += [("system", {"system"}), (BOB, {"system"}), (str(ADA)[:-1], set()), ("ada@example.com", set())]
    if cls.kind == "command" and cls.type_name not in ("user.update", "user.delete"):
        wrong += [("ops", {"admin"})]
    for actor, roles in wrong:
        assert code(await send(world, cls, payload, actor=actor, roles=roles)) == "forbidden", (actor, roles)


@every_message
async def test_the_payload_is_looked_at_before_the_actor(world: Clone, cls: Message) -> None:
    assert await violations(world, cls, {**sample(cls), "unknown": 1}, actor=BOB, roles=set())


@every_message
async def test_a_dict_is_held_to_the_same_as_bytes(world: Clone, cls: Message) -> None:
    assert await violations(world, cls, {**sample(cls), "userId": 5}, as_bytes=False)
