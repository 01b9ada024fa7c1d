"""Nobody gets an answer that was made for somebody else, however questions are mixed."""

import asyncio
from typing import Any
from uuid import UUID

from hypothesis import given, settings
from hypothesis import strategies as st

from clone_cqrs.dispatch.caller import current_caller
from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.messages import Payload, Query
from clone_cqrs.queries import QueryBus


class Mixed(Payload):
    user_id: UUID | None = None
    name: str | UUID | None = None
    flag: bool | int | float | None = None
    tags: tuple[str, ...] = ()


class GetEcho(Query[Mixed, dict[str, Any]], type="echo.get"): ...


values = {
    "user_id": st.sampled_from([None, UUID(int=1), UUID(int=2)]),
    "name": st.sampled_from([None, "", "a", UUID(int=1), str(UUID(int=1))]),
    "flag": st.sampled_from([None, True, False, 1, 0, 1.0, 0.0]),
    "tags": st.sampled_from([(), ("a",), ("a", "b"), ("ab",), ("",)]),
}
calls = st.lists(
    st.tuples(
        st.fixed_dictionaries({}, optional=values),
        st.sampled_from(["ada", "bob", "system", "ad", "a"]),
        st.sampled_from([None, (), ("admin",), ("admin", "auditor"), ("auditor", "admin"), ("system",), ("ad", "min")]),
    ),
    max_size=40,
)


def echo(query: GetEcho) -> dict[str, Any]:
    caller = current_caller()
    return {"payload": repr(query.payload), "user_id": caller.user_id, "roles": sorted(caller.roles)}


@settings(max_examples=200, deadline=None)
@given(calls, st.booleans())
def test_every_caller_gets_the_answer_to_their_own_question(asked: list[Any], at_once: bool) -> None:
    async def run() -> None:
        bus = QueryBus(enable_caching=True, max_entries=8)

        @bus.handles(GetEcho, policy=anyone)
        async def get_echo(query: GetEcho) -> dict[str, Any]:
            await asyncio.sleep(0)
            return echo(query)

        async def ask(payload: dict[str, Any], actor: str, roles: Any) -> None:
            query = GetEcho(payload, actor)
            for _ in range(3):
                result = await bus.execute(query, roles=roles)
                if actor == "system" and roles is not None and "system" not in roles:
                    assert result.error is not None
                    continue
                held = set(roles) if roles is not None else ({"system"} if actor == "system" else set())
                assert result.unwrap() == {"payload": repr(query.payload), "user_id": actor, "roles": sorted(held)}
                result.unwrap()["roles"].append("planted")

        if at_once:
            await asyncio.gather(*(ask(*each) for each in asked))
        else:
            for each in asked:
                await ask(*each)

    asyncio.run(run())
