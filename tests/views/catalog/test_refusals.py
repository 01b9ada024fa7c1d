"""A wrong declaration is refused, with the place and what to do; the one beside it, which is right, is not.

Planted bugs, each seen to fail here: no dependencies through nested views; none of functions; the server's own relations and
functions left to pg_depend; the filter looked for on any node; no look at the plan of one key.
"""

from dataclasses import dataclass
from typing import Any

import pytest
from tests.views.catalog.inn import GUESTS, OF_GUEST, OF_MEALS, Connection, declared, per_guest

from clone_cqrs.errors import ViewRefusedError
from clone_cqrs.views import MaterializedView, Through, create_fresh_view, describe


@dataclass(frozen=True)
class Case:
    """wrong is refused, and told by all of `said`; right is taken."""

    wrong: MaterializedView
    said: tuple[str, ...]
    right: MaterializedView = GUESTS


COUNTED = "(SELECT count(*) FROM inn.visit v WHERE v.guest_id = g.id)"
MEALS = "(SELECT sum(m.price) FROM inn.visit v JOIN inn.meal m ON m.visit_id = v.id WHERE v.guest_id = g.id)"

TABLES = {
    "table_left_out": Case(
        declared(GUESTS.definition or "", changes=OF_GUEST),
        ("inn.guest_view: its definition reads inn.visit (guest_id, paid)", "add 'inn.visit' to `changes`"),
    ),
    "table_whose_rows_are_counted": Case(
        per_guest("(SELECT count(*) FROM inn.visit)", changes=OF_GUEST),
        ("inn.visit (its rows), which is not among its changes",),
        per_guest(COUNTED),
    ),
    "table_of_whole_rows": Case(
        per_guest("(SELECT to_jsonb(v) FROM inn.visit v ORDER BY v LIMIT 1)", changes=OF_GUEST),
        ("inn.visit (its rows), which is not among its changes",),
        per_guest("(SELECT to_jsonb(v) FROM inn.visit v WHERE v.guest_id = g.id ORDER BY v.id LIMIT 1)"),
    ),
    "table_behind_two_views": Case(
        per_guest("(SELECT sum(p.paid) FROM inn.paid_twice p WHERE p.guest_id = g.id)", changes=OF_GUEST),
        ("reads inn.visit (guest_id, paid)",),
        per_guest("(SELECT sum(p.paid) FROM inn.paid_twice p WHERE p.guest_id = g.id)"),
    ),
    "table_in_an_atomic_function": Case(
        per_guest("inn.spent(g.id)", changes=OF_GUEST),
        ("reads inn.visit (guest_id, paid)",),
        per_guest("inn.spent(g.id)"),
    ),
    "materialized_view": Case(
        per_guest("(SELECT count(*) FROM inn.stale s WHERE s.guest_id = g.id)"),
        ("reads inn.stale (guest_id), a materialized view", "read its definition instead"),
        per_guest(COUNTED),
    ),
    "catalog": Case(
        per_guest("(SELECT count(*) FROM pg_class c WHERE c.relpages = g.id)"),
        ("pg_catalog.pg_class", "the server's own"),
    ),
    "view_of_the_server_s": Case(
        per_guest("(SELECT count(*) FROM pg_stat_activity a WHERE a.pid = g.id)"),
        ("pg_catalog.pg_stat_activity", "the server's own"),
    ),
    "no_such_table": Case(
        declared(GUESTS.definition or "", changes={**GUESTS.changes, "inn.visits": "guest_id"}),
        ("its changes name inn.visits: there is no such table",),
    ),
    "changes_of_a_view": Case(
        declared(GUESTS.definition or "", changes={**GUESTS.changes, "inn.paid": "guest_id"}),
        ("its changes name inn.paid: that is no table",),
    ),
}
COLUMNS = {
    "no_such_column": Case(
        declared(GUESTS.definition or "", changes={**OF_GUEST, "inn.visit": "guest"}),
        ("its changes name the column guest of inn.visit, which has none of that name",),
    ),
    "column_of_another_type": Case(
        declared(GUESTS.definition or "", changes={**OF_GUEST, "inn.visit": "code"}),
        ("inn.visit.code is character varying(9), and cannot be id, which is integer",),
    ),
    "type_of_an_extension": Case(
        declared("SELECT p.sign AS id FROM inn.pet p", changes={"inn.pet": "sign"}),
        ("inn.pet.sign holds id as inn.sign, whose operators are not the server's own",),
        declared("SELECT p.id, p.sign FROM inn.pet p", changes={"inn.pet": "id"}),
    ),
    "domain_of_an_extension_s_type_in_an_array": Case(
        declared("SELECT p.signs AS id FROM inn.pet p", changes={"inn.pet": "signs"}), ("inn.pet.signs holds id as inn.sign",)
    ),
    "look_up_by_an_array": Case(
        declared(
            GUESTS.definition or "",
            changes={**GUESTS.changes, "inn.stay": "guest_id", "inn.bill": Through("stay", "inn.stay", "guest_id")},
        ),
        ("inn.stay.id is integer[]: keys cannot be looked up by an array",),
    ),
    "no_such_reference": Case(
        per_guest(MEALS, changes={**OF_MEALS, "inn.meal": Through("visit", "inn.visit", "guest_id")}),
        ("its changes name the column visit of inn.meal",),
        per_guest(MEALS, changes=OF_MEALS),
    ),
    "no_such_owner": Case(
        per_guest(MEALS, changes={**OF_MEALS, "inn.meal": Through("visit_id", "inn.visit", "owner")}),
        ("its changes name the column owner of inn.visit",),
    ),
    "no_unique_link": Case(
        per_guest(MEALS, changes={**OF_MEALS, "inn.meal": Through("seat", "inn.visit", "guest_id")}),
        ("inn.meal.seat needs a foreign key, not deferrable, to inn.visit (id)",),
    ),
}
FUNCTIONS = {
    "function": Case(
        per_guest("inn.discount(g.id)"),
        ("calls inn.discount, and what a function reads cannot be seen", "functions={'inn.discount': (...)}"),
        per_guest("inn.discount(g.id)", functions={"inn.discount": ("inn.visit",)}),
    ),
    "table_of_a_function": Case(
        per_guest("inn.discount(g.id)", changes=OF_GUEST, functions={"inn.discount": ("inn.visit",)}),
        ("reads inn.visit through the function inn.discount", "add 'inn.visit' to `changes`"),
    ),
    "operator": Case(
        per_guest("g.id OPERATOR(inn.<<<) 5", changes=OF_GUEST),
        ("calls inn.older",),
        per_guest("g.id OPERATOR(inn.<<<) 5", changes=OF_GUEST, functions={"inn.older": ()}),
    ),
    "function_that_may_differ": Case(
        per_guest("inn.unlabelled()", changes=OF_GUEST, functions={"inn.unlabelled": ()}),
        ("calls inn.unlabelled, whose answer may differ", "STABLE or IMMUTABLE"),
        per_guest("inn.doubled(g.id)", changes=OF_GUEST),
    ),
    "chance": Case(per_guest("random()", changes=OF_GUEST), ("calls pg_catalog.random",)),
    "clock": Case(
        per_guest("now() - g.born", changes=OF_GUEST),
        ("asks for the time of day (now)", "`time_columns`"),
        per_guest("now() - g.born", changes=OF_GUEST, time_columns=("more",)),
    ),
    "today": Case(per_guest("current_date - g.born", changes=OF_GUEST), ("asks for the time of day (current_timestamp)",)),
    "age": Case(per_guest("age(g.born)", changes=OF_GUEST), ("asks for the time of day (age)",)),
    "sum_of_floats": Case(
        per_guest("(SELECT sum(v.weight) FROM inn.visit v WHERE v.guest_id = g.id)"),
        ("sum() of floating-point numbers (it reads inn.visit.weight)", "numeric"),
        per_guest("(SELECT sum(v.weight::numeric) FROM inn.visit v WHERE v.guest_id = g.id)"),
    ),
    "average_of_floats_in_a_nested_view": Case(
        per_guest("(SELECT avg(p.paid::float4) FROM inn.paid p WHERE p.guest_id = g.id)"),
        ("avg() of floating-point numbers",),
        per_guest("(SELECT max(v.weight) FROM inn.visit v WHERE v.guest_id = g.id)"),
    ),
}
LISTED: dict[str, Any] = {"list_key": "guest_id", "list_order": ("id DESC",)}
OF_VISIT, OF_ITS_GUEST = {"inn.visit": ("id", "guest_id")}, {"inn.guest": ("id", "id")}
WRONG, RIGHT = {"changes": OF_ITS_GUEST | OF_VISIT}, {"changes": OF_VISIT | OF_ITS_GUEST}
ALL = "SELECT g.id, g.name, sum(v.paid) AS total FROM inn.guest g LEFT JOIN inn.visit v ON v.guest_id = g.id"
SHAPES = {
    "group_by": Case(declared(f"{ALL} GROUP BY g.id"), ("(GROUP BY, DISTINCT or an aggregate over the whole)", "LATERAL")),
    "group_by_of_one_table": Case(
        declared(
            "SELECT v.guest_id AS id, count(*) AS n FROM inn.visit v GROUP BY v.guest_id", changes={"inn.visit": "guest_id"}
        ),
        ("cannot be computed without the others", "one row of one driving table"),
    ),
    "aggregate": Case(declared("SELECT max(g.id) AS id FROM inn.guest g"), ("cannot be computed without the others",)),
    "distinct": Case(declared("SELECT DISTINCT g.id FROM inn.guest g"), ("cannot be computed without the others",)),
    "window": Case(per_guest("row_number() OVER (ORDER BY g.name)"), ("a window function over the whole",)),
    "limit": Case(declared("SELECT g.id FROM inn.guest g LIMIT 10"), ("LIMIT over the whole",)),
    "order": Case(declared("SELECT g.id FROM inn.guest g ORDER BY g.name"), ("ORDER BY over the whole",)),
    "union": Case(
        declared(
            "SELECT g.id FROM inn.guest g UNION SELECT v.id FROM inn.visit v", changes={"inn.guest": "id", "inn.visit": "id"}
        ),
        ("cannot be computed without the others",),
        declared(
            "SELECT g.id FROM inn.guest g UNION ALL SELECT v.id FROM inn.visit v",
            changes={"inn.guest": "id", "inn.visit": "id"},
        ),
    ),
    "except": Case(
        declared("SELECT g.id FROM inn.guest g EXCEPT SELECT v.guest_id FROM inn.visit v"),
        ("cannot be computed without the others",),
        declared("SELECT g.id FROM inn.guest g WHERE NOT EXISTS (SELECT FROM inn.visit v WHERE v.guest_id = g.id)"),
    ),
    "with": Case(
        declared(
            "WITH paid AS (SELECT v.guest_id, sum(v.paid) AS total FROM inn.visit v GROUP BY v.guest_id)"
            " SELECT g.id, p.total FROM inn.guest g LEFT JOIN paid p ON p.guest_id = g.id"
        ),
        ("cannot be computed without the others",),
    ),
    "rows_in_the_select_list": Case(per_guest("generate_series(1, 2)"), ("a function that returns rows",)),
    "key_of_two_tables": Case(
        declared("SELECT coalesce(g.id, v.guest_id) AS id FROM inn.guest g FULL JOIN inn.visit v ON v.guest_id = g.id"),
        ("(a key of two tables)",),
    ),
    "key_without_an_index": Case(
        declared("SELECT r.id FROM inn.room r", changes={"inn.room": "id"}),
        ("the row of a key is not found by an index of inn.room", "create a unique one"),
    ),
    "lists_of_another_table": Case(
        declared("SELECT v.id, v.guest_id, v.paid FROM inn.visit v JOIN inn.guest g ON g.id = v.guest_id", **LISTED | WRONG),
        ("its rows are those of inn.visit", "name it first in `changes`"),
        declared("SELECT v.id, v.guest_id, v.paid FROM inn.visit v JOIN inn.guest g ON g.id = v.guest_id", **LISTED | RIGHT),
    ),
    "computed_key": Case(
        declared("SELECT g.id + 1 AS id FROM inn.guest g", changes=OF_GUEST),
        ("the row of a key is not found by an index of inn.guest",),
    ),
}


async def refusal(connection: Connection, view: MaterializedView) -> str:
    try:
        await describe(connection, view)
    except ViewRefusedError as refused:
        return str(refused)
    return "taken"


@pytest.mark.parametrize(
    "cases", [TABLES, COLUMNS, FUNCTIONS, SHAPES], ids=["unfollowed_tables", "columns_without_a_key", "functions", "shapes"]
)
async def test_refuses_what_is_wrong_and_takes_what_is_right(connection: Connection, cases: dict[str, Case]) -> None:
    wrong = {name: await refusal(connection, case.wrong) for name, case in cases.items()}
    assert {name: said for name, said in wrong.items() if not all(part in said for part in cases[name].said)} == {}
    right = {name: await refusal(connection, case.right) for name, case in cases.items()}
    assert right == dict.fromkeys(cases, "taken")


async def test_says_all_that_is_wrong_at_once_and_leaves_nothing_behind(connection: Connection) -> None:
    wrong = per_guest("now() - g.born + inn.discount(g.id) * interval '1 s'", changes={"inn.guest": "nobody"})
    with pytest.raises(ViewRefusedError) as refused:
        await create_fresh_view(connection, wrong)
    assert [part.split(": ")[0] for part in str(refused.value).split("; inn")] == [
        "inn.guest_view",
        ".guest_view",
        ".guest_view",
    ]
    assert await connection.fetchval(
        "SELECT to_regclass('inn.guest_definition') IS NULL AND to_regclass('cqrs_described') IS NULL"
    )
    assert await connection.fetchval("SHOW enable_seqscan") == "on"


async def test_a_view_in_the_database_is_checked_as_one_that_is_declared(connection: Connection) -> None:
    await connection.execute(f"CREATE VIEW inn.guest_definition AS {GUESTS.definition}")
    stored = MaterializedView(name="inn.guest_view", key="id", changes=OF_GUEST)
    with pytest.raises(ViewRefusedError, match=r"reads inn\.visit"):
        await describe(connection, stored)


@pytest.mark.parametrize(
    ("view", "said"),
    [
        (
            per_guest("(SELECT count(*) FROM inn.meal m WHERE m.seat = g.id)", changes={**OF_GUEST, "inn.meal": "seat"}),
            "inn.meal",
        ),
        (
            per_guest("(SELECT count(*) FROM inn.log l WHERE l.guest_id = g.id)", changes={**OF_GUEST, "inn.log": "guest_id"}),
            "inn.log has partitions",
        ),
    ],
    ids=["no_index_for_a_look_up", "partitions"],
)
async def test_warns_of_what_a_person_has_to_judge(
    connection: Connection, view: MaterializedView, said: str, caplog: pytest.LogCaptureFixture
) -> None:
    await describe(connection, view)
    (warning,) = [record.getMessage() for record in caplog.records if "view_may_be_wrong" in record.getMessage()]
    assert said in warning
