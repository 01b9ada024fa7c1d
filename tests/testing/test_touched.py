"""What a handler touches is told as the server counted it, and held against what is declared.

Planted and seen: counts of earlier transactions, which a session tells the server's statistics late, taken for this one's; a
partition under its own name; the toolkit's own tables among the others; the handler left wrapped.
"""

from collections.abc import AsyncIterator
from uuid import UUID, uuid4

import pytest

from clone_cqrs.commands import CommandBus
from clone_cqrs.dispatch.policies import anyone, has_role
from clone_cqrs.errors import DomainRuleError
from clone_cqrs.messages import Command, CommandResult, DomainEvent, Payload, Query
from clone_cqrs.postgres import Database
from clone_cqrs.queries import QueryBus, current_consistency
from clone_cqrs.testing import tables_touched

TABLES = """
CREATE TABLE shops (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE visits (shop_id uuid NOT NULL REFERENCES shops, number int NOT NULL) PARTITION BY RANGE (number);
CREATE TABLE visits_1 PARTITION OF visits FOR VALUES FROM (1) TO (100);
CREATE VIEW busy AS SELECT shop_id, count(*) FROM visits GROUP BY shop_id;
CREATE MATERIALIZED VIEW shop_view AS SELECT name, count FROM shops JOIN busy ON shop_id = id;
"""


class Shop(Payload):
    shop_id: UUID


class Visited(DomainEvent[Shop], type="shop.visited", aggregate="shop", tables=("visits",)): ...


class VisitCommand(Command[Shop, None], type="shop.visit"): ...


class RenameCommand(Command[Shop, None], type="shop.rename"): ...


class CountVisitsQuery(Query[Shop, int], type="shop.count_visits"): ...


class House:
    def __init__(self, database: Database) -> None:
        self.database = database
        self.commands = CommandBus(database=database)
        self.queries = QueryBus(database=database, enable_caching=True)
        self.shop_id = uuid4()

        @self.commands.handles(VisitCommand, policy=anyone)
        async def visit(command: VisitCommand) -> CommandResult[None]:
            shop_id = command.payload.shop_id
            await database.execute("INSERT INTO visits VALUES ($1, 1)", shop_id)
            await database.fetch("SELECT * FROM cqrs.command")
            return CommandResult(True, events=[Visited(aggregate_id=shop_id, payload=command.payload)])

        @self.commands.handles(RenameCommand, policy=has_role("system"))
        async def rename(command: RenameCommand) -> CommandResult[None]:
            changed = await database.execute("UPDATE shops SET name = 'new' WHERE id = $1", command.payload.shop_id)
            if changed == "UPDATE 0":
                raise DomainRuleError("there is no such shop")
            return CommandResult(True, events=[Visited(aggregate_id=command.payload.shop_id, payload=command.payload)])

        @self.queries.handles(CountVisitsQuery, policy=anyone, reads=("busy", "public.shops"))
        async def count_visits(query: CountVisitsQuery) -> int:
            source = "shop_view" if current_consistency() == "eventual" else "busy JOIN shops ON id = shop_id"
            return int(await database.fetch_value(f"SELECT coalesce(sum(count), 0) FROM {source}"))

    def visit(self) -> VisitCommand:
        return VisitCommand({"shop_id": self.shop_id}, "ada")

    def rename(self, shop_id: UUID | None = None, actor: str = "system") -> RenameCommand:
        return RenameCommand({"shop_id": shop_id or self.shop_id}, actor)

    def count(self) -> CountVisitsQuery:
        return CountVisitsQuery({"shop_id": self.shop_id}, "ada")


@pytest.fixture
async def house(dsn: str) -> AsyncIterator[House]:
    # One connection, so that what one transaction touched is still untold when the next begins.
    async with Database.open(dsn, max_connections=1) as database:
        await database.execute(TABLES)
        house = House(database)
        await database.execute("INSERT INTO shops VALUES ($1, 'Books')", house.shop_id)
        yield house


async def test_tells_what_a_command_writes_and_commits_it(house: House) -> None:
    touched = await tables_touched(house.commands, house.visit())
    assert touched.written == {"visits"}
    assert touched.undeclared == set()
    assert touched.read == {"shops"}, "the foreign key looks it up"
    assert [event.event_type for event in touched.result.events] == ["shop.visited"]  # type: ignore[union-attr]
    assert await house.database.fetch_value("SELECT count(*) FROM visits") == 1


async def test_tells_what_no_event_declares(house: House) -> None:
    touched = await tables_touched(house.commands, house.rename())
    assert touched.written == {"shops"} == touched.undeclared


async def test_tells_what_a_query_reads_through_views_past_the_cache(house: House) -> None:
    for _ in range(2):
        assert (await house.queries.execute(house.count())).unwrap() == 0
    touched = await tables_touched(house.queries, house.count())
    assert touched.read == {"visits", "shops"}
    assert touched.undeclared == set() == touched.written
    assert touched.result.data == 0


async def test_a_materialized_view_that_is_not_declared_is_told_whatever_its_tables(house: House) -> None:
    touched = await tables_touched(house.queries, house.count(), consistency="eventual")
    assert touched.read == {"shop_view"} == touched.undeclared


async def test_asserts_that_a_handler_ran_to_its_end(house: House) -> None:
    with pytest.raises(AssertionError, match=r"shop\.rename was refused: there is no such shop"):
        await tables_touched(house.commands, house.rename(uuid4()))
    with pytest.raises(AssertionError, match=r"shop\.rename was refused"):
        await tables_touched(house.commands, house.rename(actor="ada"))
    with pytest.raises(AssertionError, match=r"shop\.count_visits was refused"):
        await tables_touched(house.queries, CountVisitsQuery({"shop_id": house.shop_id}, "system"), roles=())
    twice = house.visit()
    await house.commands.execute(twice)
    with pytest.raises(AssertionError, match=r"shop\.visit: a command of this id was executed before"):
        await tables_touched(house.commands, twice)


async def test_leaves_the_bus_as_it_was(house: House) -> None:
    before = house.commands.registrations
    await tables_touched(house.commands, house.visit())
    with pytest.raises(AssertionError):
        await tables_touched(house.commands, house.rename(uuid4()))
    assert house.commands.registrations == before


async def test_refuses_what_does_not_belong_together(house: House) -> None:
    with pytest.raises(ValueError, match="a bus with a database"):
        await tables_touched(CommandBus(), house.visit())
    with pytest.raises(TypeError, match="takes a Command, not a CountVisitsQuery"):
        await tables_touched(house.commands, house.count())
    with pytest.raises(TypeError, match="takes a Query, not a VisitCommand"):
        await tables_touched(house.queries, house.visit())
