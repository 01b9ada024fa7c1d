"""What a rule may say."""

from typing import Any

import pytest

from clone_cqrs.consistency import ConsistencyRule


def test_is_a_value() -> None:
    one = ConsistencyRule("user.updated", ["user.get"], affected_views=["user_profile_view"], scope="user_id", refresh_delay=1)
    other = ConsistencyRule(
        event_type="user.updated",
        affected_query_types=("user.get",),
        affected_views=("user_profile_view",),
        scope="user_id",
        refresh_delay=1.0,
    )
    assert one == other
    assert hash(one) == hash(other)
    with pytest.raises(AttributeError):
        one.scope = "id"  # type: ignore[misc]


@pytest.mark.parametrize(
    ("wrong", "says"),
    [
        ({"event_type": ""}, "event_type"),
        ({"affected_query_types": "user.get"}, "several names, not one text"),
        ({"affected_views": ("a; DROP TABLE users",)}, "no name of a view"),
        ({"affected_query_types": ()}, "at least one"),
        ({"affected_query_types": (1,)}, "affected_query_types"),
        ({"scope": ""}, "scope"),
        ({"scope": "user id"}, "scope"),
        ({"refresh_delay": -1}, "refresh_delay"),
        ({"refresh_delay": float("inf")}, "refresh_delay"),
        ({"refresh_delay": "1"}, "refresh_delay"),
    ],
)
def test_refuses_what_cannot_be_meant(wrong: dict[str, Any], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        ConsistencyRule(**{"event_type": "user.updated", "affected_query_types": ("user.get",), **wrong})


def test_tells_everything_that_is_wrong_at_once() -> None:
    with pytest.raises(ValueError, match=r"event_type.*refresh_delay"):
        ConsistencyRule("", affected_query_types=("user.get",), refresh_delay=-1)
