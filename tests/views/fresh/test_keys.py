"""Keys of every type that is taken: noted, looked up through a parent, and found again by the index of changes.

Planted bugs, each seen to fail here: a table of changes without the column's collation.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass

import asyncpg
import pytest
from tests.views.fresh.shop import Connection

from clone_cqrs.views import MaterializedView, Through, create_fresh_view


@dataclass(frozen=True)
class Kind:
    """type: of the key, and of what references it where that is not said; keys: some, in its order."""

    type: str
    keys: tuple[str, str, str]
    child: str | None = None


KINDS = {
    "integer_referenced_by_bigint": Kind("integer", ("1", "2", "3"), "bigint"),
    "numeric": Kind("numeric", ("1", "2.50", "3")),
    "text": Kind("text", ("a", "b", "c")),
    "text_of_a_collation": Kind('text COLLATE "C"', ("a", "b", "c"), "text"),
    "varchar_referenced_by_text": Kind("varchar(9)", ("a", "b", "c"), "text"),
    "char": Kind("char(4)", ("a", "b", "c")),
    "enum": Kind("keys.size", ("small", "large", "huge")),
    "domain": Kind("keys.code", ("a", "b", "c")),
    "date": Kind("date", ("2020-01-01", "2020-01-02", "2020-01-03")),
    "bytes": Kind("bytea", (r"\x01", r"\x02", r"\x03")),
    "range": Kind("int4range", ("[1,3)", "[3,5)", "[5,9)")),
}
TABLES = """
CREATE SCHEMA keys;
CREATE TYPE keys.size AS ENUM ('small', 'large', 'huge');
CREATE DOMAIN keys.code AS text CHECK (value <> '');
CREATE TABLE keys.owner (id {type} PRIMARY KEY, name text);
CREATE TABLE keys.thing (id {type} PRIMARY KEY, owner {type} NOT NULL REFERENCES keys.owner, UNIQUE (id, owner));
CREATE INDEX ON keys.thing (owner);
CREATE TABLE keys.part (id integer PRIMARY KEY, thing {child} NOT NULL REFERENCES keys.thing, price numeric);
CREATE INDEX ON keys.part (thing);
"""
THINGS = MaterializedView(
    name="keys.thing_view",
    key="id",
    list_key="owner",
    list_order=("id",),
    definition="""
        SELECT t.id, t.owner, parts.total FROM keys.thing t
        CROSS JOIN LATERAL (SELECT sum(p.price) AS total FROM keys.part p WHERE p.thing = t.id) parts
    """,
    changes={"keys.thing": ("id", "owner"), "keys.part": Through("thing", "keys.thing", ("id", "owner"))},
)
OWNERS = MaterializedView(
    name="keys.owner_view",
    key="id",
    definition="""
        SELECT o.id, o.name, parts.total FROM keys.owner o
        CROSS JOIN LATERAL (
            SELECT sum(p.price) AS total FROM keys.thing t JOIN keys.part p ON p.thing = t.id WHERE t.owner = o.id
        ) parts
    """,
    changes={"keys.owner": "id", "keys.thing": "owner", "keys.part": Through("thing", "keys.thing", "owner")},
)
WRITES = (
    "INSERT INTO keys.part VALUES (10, '{0}', 5)",
    "UPDATE keys.part SET thing = '{1}', price = 7 WHERE id = 10",
    "UPDATE keys.thing SET owner = '{2}' WHERE id = '{1}'",
    "DELETE FROM keys.part WHERE id = 1",
    "UPDATE keys.owner SET name = 'new' WHERE id = '{1}'",
    "TRUNCATE keys.part",
)
LISTED = "SELECT row::text FROM keys.owner AS o CROSS JOIN LATERAL keys.thing_{}_list(o.id, 5) AS row ORDER BY 1"
BY_KEY = "SELECT row::text FROM keys.{}_{} AS row ORDER BY 1"
ANY_CASE = "CREATE COLLATION any_case (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"


@pytest.fixture
async def connection(dsn: str) -> AsyncIterator[Connection]:
    opened = await asyncpg.connect(dsn)
    yield opened
    await opened.close()


@pytest.mark.parametrize("kind", KINDS.values(), ids=KINDS)
async def test_a_key_is_followed(connection: Connection, kind: Kind) -> None:
    await _make(connection, kind)
    for write in WRITES:
        await connection.execute(write.format(*kind.keys))
        await _assert_fresh(connection, write)
    plan = await connection.fetch(f"EXPLAIN SELECT * FROM keys.owner_fresh WHERE id = '{kind.keys[0]}'")
    assert not [line for (line,) in plan if "Seq Scan on changed_" in line]


async def test_a_key_is_followed_without_regard_to_case(connection: Connection) -> None:
    try:
        await connection.execute(ANY_CASE)
    except asyncpg.FeatureNotSupportedError:
        return  # the embedded 18 is built without ICU; 15 has it
    await _make(connection, Kind("text COLLATE any_case", ("a", "b", "c")))
    for write in (
        *WRITES[:-1],
        "INSERT INTO keys.part VALUES (11, 'A', 9)",
        "UPDATE keys.part SET price = 8 WHERE thing = 'B'",
    ):
        await connection.execute(write.format("A", "B", "C"))
        await _assert_fresh(connection, write)


async def _make(connection: Connection, kind: Kind) -> None:
    await connection.execute(TABLES.format(type=kind.type, child=kind.child or kind.type))
    for number, key in enumerate(kind.keys):
        await connection.execute(
            f"INSERT INTO keys.owner VALUES ('{key}'); INSERT INTO keys.thing VALUES ('{key}', '{key}');"
            f"INSERT INTO keys.part VALUES ({number}, '{key}', 1)"
        )
    for view in (THINGS, OWNERS):
        await create_fresh_view(connection, view)


async def _assert_fresh(connection: Connection, write: str) -> None:
    for base in ("thing", "owner"):
        fresh, computed = [await connection.fetch(BY_KEY.format(base, of)) for of in ("fresh", "definition")]
        assert fresh == computed, (write, base)
    fresh, computed = [await connection.fetch(LISTED.format(of)) for of in ("fresh", "definition")]
    assert fresh == computed, (write, "list")
