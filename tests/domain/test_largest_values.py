"""What a payload allows, the columns hold: the largest values are stored, never an error of the database."""

import json
from decimal import Decimal
from typing import Any

import pytest
from tests.domain.clone import Clone, code
from tests.domain.samples import ADA, actor_of, build_world, message_classes, sample

from clone_cqrs.domain import GetConversationSessionQuery, GetUserProfileQuery, GetUserStatisticsQuery
from clone_cqrs.messages import Envelope

COMMANDS = [cls for cls in message_classes() if cls.kind == "command"]
BIGINT = 2**63 - 1


def largest(name: str, value: Any, schema: dict[str, Any], definitions: dict[str, Any]) -> Any:
    """The largest value of a field that the sample has."""
    if "$ref" in schema:
        schema = definitions[schema["$ref"].rpartition("/")[2]]
        return {inner: largest(inner, value[inner], node, definitions) for inner, node in schema["properties"].items()}
    node = next((node for node in schema.get("anyOf", []) if node["type"] != "null"), schema)
    match node["type"]:
        case "integer":
            return node.get("maximum", BIGINT)
        case "number":
            return node["maximum"] if "maximum" in node else node["exclusiveMaximum"] - 0.125
        case "array":
            return [largest(name, "", node["items"], definitions)] * 50
        case "string" if name == "email":
            return "é" * (node["maxLength"] - 4) + "@é.é"
        case "string" if "maxLength" in node:
            return "😀" * node["maxLength"]
    return value


@pytest.mark.parametrize("cls", COMMANDS, ids=lambda cls: cls.type_name)
async def test_the_largest_values_are_stored(house: Clone, cls: type[Envelope[Any, Any]]) -> None:
    await build_world(house)
    schema = cls.payload_type.model_json_schema()
    payload = {
        name: largest(name, value, schema["properties"][name], schema.get("$defs", {})) for name, value in sample(cls).items()
    }
    message = {"commandType": cls.type_name, "userId": str(actor_of(cls)), "payload": payload}
    assert code(await house.commands.execute_message(message, roles=None)) is None
    if cls.type_name != "user.delete":
        await house.database.execute("SELECT refresh_all_materialized_views()")
        for query in (GetUserProfileQuery, GetUserStatisticsQuery):
            assert code(await house.ask(query, {"user_id": ADA})) is None


async def test_sums_of_the_largest_turns_can_be_read_and_written_as_json(house: Clone) -> None:
    await build_world(house)
    (turn,) = [cls for cls in COMMANDS if cls.type_name == "conversation.record_turn"]
    for _ in range(3):
        payload = {**sample(turn), "cost": 999_999_999_999_999.5, "latencyMs": BIGINT}
        message = {"commandType": turn.type_name, "userId": str(ADA), "payload": payload}
        assert code(await house.commands.execute_message(message)) is None
    named = {"user_id": ADA, "session_id": sample(turn)["sessionId"]}
    session = (await house.ask(GetConversationSessionQuery, named)).unwrap()
    assert session.avg_latency_ms == BIGINT
    assert session.total_cost == 3 * Decimal("999999999999999.5")
    assert json.loads(session.model_dump_json(by_alias=True))["totalCost"] == 3 * 999_999_999_999_999.5
