"""An application with one fresh view and one plain one, for `--app tests.cli.views.inn:application`."""

from typing import Any

from clone_cqrs import Application, CommandBus, Database, MaterializedView, Payload, Personal, Query, QueryBus, anyone

APP = f"{__name__}:application"
TABLES = """
CREATE TABLE guest (id integer PRIMARY KEY, name text NOT NULL, points integer NOT NULL);
INSERT INTO guest SELECT n, 'guest ' || n, n FROM generate_series(1, 40) AS n;
CREATE MATERIALIZED VIEW plain_view AS SELECT id FROM guest;
CREATE UNIQUE INDEX ON plain_view (id);
"""
GUESTS = MaterializedView(name="guest_view", key="id", definition="SELECT id, name, points FROM guest", changes={"guest": "id"})
PLAIN = MaterializedView(name="plain_view", key="id")


class Which(Payload):
    id: int


class Guest(Payload):
    id: int
    name: Personal[str]


class GetGuest(Query[Which, list[Guest]], type="guest.get"): ...


def application(dsn: str | None) -> Application:
    database = Database.open(dsn)
    queries = QueryBus(database=database)

    @queries.handles(GetGuest, policy=anyone)
    async def get_guest(query: GetGuest) -> list[Any]:
        return []

    return Application(
        database=database, commands=CommandBus(database=database), queries=queries, views=(GUESTS, PLAIN), workers=False
    )
