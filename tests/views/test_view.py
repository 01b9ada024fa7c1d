"""A declaration is checked where it is written."""

from typing import Any

import pytest

from clone_cqrs.views import MaterializedView, Through

ORDERS: dict[str, Any] = {
    "name": "order_view",
    "key": "id",
    "list_key": "customer_id",
    "changes": {"orders": ("id", "customer_id"), "item": Through("order_id", "orders", ("id", "customer_id"))},
}


def test_lists_are_ordered_as_in_order_by() -> None:
    view = MaterializedView(**ORDERS, list_order=("placed_at DESC", "id desc"))
    assert [tuple(each) for each in view.order] == [("placed_at", True), ("id", True)]
    assert MaterializedView(**ORDERS, list_order=("id",)).order[0].descending is False
    assert view.driving_table == "orders"


@pytest.mark.parametrize(
    ("wrong", "message"),
    [
        ({"list_order": ("placed_at DESC",)}, "names the key"),
        ({"list_order": ("placed_at DESC", "id DESC"), "list_key": None, "changes": {"orders": "id"}}, "by list_key"),
        ({"list_order": ("placed_at DESC", "id")}, "one direction"),
        ({"list_order": ("placed_at NEVER", "id")}, "is no name"),
        ({"list_order": ("orders.placed_at", "id")}, "is no name of a column"),
        ({"list_order": ("id",), "changes": dict(reversed(ORDERS["changes"].items()))}, "item comes first in changes"),
        ({"list_filters": ("state",)}, "list_filters are those of lists in list_order"),
        ({"list_order": ("id",), "list_filters": ("a b",)}, "is no name"),
    ],
)
def test_refuses_an_order_that_no_page_can_begin_in(wrong: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        MaterializedView(**ORDERS | wrong)
