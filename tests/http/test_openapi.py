"""The OpenAPI document is what the server does.

Planted bugs, each seen to fail its test: a status left out of an operation; `token` described as never null.
"""

import asyncio
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import requests
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis.checks import positive_data_acceptance
from schemathesis.core.result import Ok
from tests.domain.clone import Clone
from tests.domain.samples import actor_of, build_world, message_classes, sample
from tests.http.caller import SETTINGS, bearer
from tests.http.served import Server, served

from clone_cqrs.domain import open_clone
from clone_cqrs.http import create_app
from clone_cqrs.messages import Command
from clone_cqrs.postgres import Database

EXAMPLES = 6
# A payload has rules that a JSON Schema does not tell (an email has one @, a text is not blank): what fits the schema may be
# refused, with 422, which is described.
NOT_HELD = [positive_data_acceptance]
TYPES = {cls.type_name: cls for cls in message_classes()}


def operations(schema: Any) -> Iterator[Any]:
    for found in schema.get_all_operations():
        assert isinstance(found, Ok), found
        yield found.ok()


def statuses(operation: Any, headers: dict[str, str], examples: int) -> set[int]:
    """What an operation answers to what its description makes up, each answer held against that description."""
    found: set[int] = set()

    @given(case=operation.as_strategy())
    @settings(
        max_examples=examples,
        derandomize=True,
        database=None,
        deadline=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    def hold(case: Any) -> None:
        found.add(case.call_and_validate(headers=headers, excluded_checks=NOT_HELD).status_code)

    hold()
    return found


def test_the_answers_are_as_described(clone_dsn: str, tmp_path: Path) -> None:
    # One server for all of it, because its start takes longer than what it is asked.
    with served(clone_dsn, tmp_path / "log") as server:
        asyncio.run(_given_a_world(clone_dsn))
        schema = schemathesis.openapi.from_url(f"{server.url}/openapi.json")
        what_is_carried_out_is_answered_as_described(server, schema)
        whatever_is_sent_is_answered_as_described(schema)
        without_a_token_everything_is_refused_as_described(schema)
        assert "Traceback" not in server.said()


def what_is_carried_out_is_answered_as_described(server: Server, schema: Any) -> None:
    for name, cls in sorted(TYPES.items(), key=_what_destroys_comes_last):
        face = "commands" if issubclass(cls, Command) else "queries"
        actor = str(actor_of(cls))
        headers = bearer(actor, "system") if actor == "system" else bearer(actor)
        answer = requests.post(f"{server.url}/{face}/{name}", json=sample(cls), headers=headers, timeout=30)
        # What was completed cannot fail any more.
        assert answer.status_code == (409 if ".fail_" in name else 200), (name, answer.text)
        schema[f"/{face}/{name}"]["POST"].validate_response(answer)


def whatever_is_sent_is_answered_as_described(schema: Any) -> None:
    headers = bearer("root", "admin", "system")
    found = {operation.path: statuses(operation, headers, EXAMPLES) for operation in operations(schema)}
    assert {path.rpartition("/")[2] for path in found} >= TYPES.keys()
    assert {status for each in found.values() for status in each} >= {200, 404, 422}


def without_a_token_everything_is_refused_as_described(schema: Any) -> None:
    found = {operation.path: statuses(operation, {}, 1) for operation in operations(schema)}
    assert {status for path, each in found.items() if path.rpartition("/")[2] in TYPES for status in each} == {401}


async def _given_a_world(dsn: str) -> None:
    async with Database.open(dsn) as database:
        await build_world(Clone(database))


def _what_destroys_comes_last(item: tuple[str, Any]) -> tuple[bool, ...]:
    name, cls = item
    return name == "user.delete", ".delete" in name, ".fail_" in name, issubclass(cls, Command)


def test_every_message_is_described_with_an_example_of_its_own_shape() -> None:
    app = create_app(open_clone("postgres://nowhere"), SETTINGS)
    document = app.openapi()
    paths = document["paths"]
    assert {path.rpartition("/")[2] for path in paths if path.startswith(("/commands/", "/queries/"))} == TYPES.keys()
    for path, item in paths.items():
        cls = TYPES.get(path.rpartition("/")[2])
        if cls is None:
            continue
        operation = item["post"]
        assert operation["security"] == [{"bearer": []}]
        (example,) = operation["requestBody"]["content"]["application/json"]["examples"].values()
        cls.payload_type.model_validate_json(json.dumps(example["value"]))
