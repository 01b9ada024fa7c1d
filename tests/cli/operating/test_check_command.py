"""`clone-cqrs check`: everything at once. In a process of its own: it tells of every class that a process has declared.

That nothing is wrong with the clone is shown in docs/cli.md, which runs.

Planted to see these tests fail: only the first refusal gathered; rules looked at by their events alone; a database that is not
there told as well.
"""

from pathlib import Path

from tests.cli.program import called, clone_cqrs

BROKEN = """
from pathlib import Path
from clone_cqrs.postgres import Migrations
from clone_cqrs import (
    Application, Command, CommandBus, ConsistencyRule, Database, DomainEvent, EventSubscriber, MaterializedView, Payload, Query,
    QueryBus, anyone,
)

class Order(Payload):
    order_id: int

class PlaceOrder(Command[Order, None], type="order.place"): ...
class CancelOrder(Command[Order, None], type="order.cancel"): ...
class ShipOrder(Command[Order, None], type="order.ship"): ...
class GetOrder(Query[Order, None], type="order.get"): ...
class OrderPlaced(DomainEvent[Order], type="order.placed", aggregate="order", tables=("orders",)): ...

async def handle(message): ...
async def hear(event): ...

def application(dsn=None):
    database = Database.open(dsn)
    commands = CommandBus(database=database)
    commands.handles(PlaceOrder, policy=anyone)(handle)
    commands.handles(PlaceOrder, policy=anyone)(handle)
    commands.handles(CancelOrder)(handle)
    queries = QueryBus(database=database, enable_caching=True)
    queries.handles(GetOrder, policy=anyone, reads=("order_view",), cache_ttl=100_000)(handle)
    queries.handles(GetOrder, policy=anyone, reads=("order_view",))(handle)
    mail, silent = EventSubscriber(database, "mail"), EventSubscriber(database, "mail")
    mail.on("order.plcaed", hear)
    return Application(
        database=database, commands=commands, queries=queries,
        views=[MaterializedView(name="order_view", key="order_id")],
        rules=[
            ConsistencyRule("order.placed", ["order.gte"], ["orders_view"], scope="customer_id"),
            ConsistencyRule("order.plcaed", ["order.get"]),
        ],
        subscriptions=[mail, silent],
        migrations=[Migrations(Path("nowhere"), schema="shop")],
    )
"""


def test_tells_everything_that_is_wrong_at_once(dsn: str, tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(BROKEN, encoding="utf-8")
    ended = clone_cqrs("check", "--app", "shop:application", "--dsn", dsn, "--json", cwd=tmp_path)
    assert (ended.code, ended.err, ended.json["notChecked"]) == (1, "", [])
    told = {(each["about"], each["code"]) for each in ended.json["findings"]}
    assert told == {
        ("registration", "already_registered"),
        ("registration", "missing_policy"),
        ("registration", "refused_handler"),
        ("order.cancel", "no_handler"),
        ("order.ship", "no_handler"),
        ("rule for order.placed", "unknown_scope"),
        ("rule for order.placed", "unknown_query"),
        ("rule for order.placed", "unknown_view"),
        ("rule for order.plcaed", "unknown_event"),
        ("subscription mail", "named_twice"),
        ("subscription mail", "no_handler"),
        ("subscription mail", "unknown_event"),
        ("migrations of shop", "unreadable_migrations"),
        ("relation order_view", "unknown_relation"),
        ("view order_view", "view_missing"),
    }
    messages = " ".join(each["message"] for each in ended.json["findings"])
    for hint in (
        "did you mean order.get?",
        "did you mean order_view?",
        "did you mean order.placed?",
        "or anyone",
        "more than a day",
    ):
        assert hint in messages, messages


def test_says_what_it_could_not_look_at(empty_dsn: str) -> None:
    # In this process, where other tests have declared classes that nobody answers: warnings, which do not matter here.
    ended = called("check", dsn="postgresql://nobody@127.0.0.1:1/nothing")
    assert (ended.code, ended.err) == (1, "")
    assert (
        "not checked: the database: PostgreSQL refuses the connection: is it running, and are host and port of the DSN right?"
        in ended.out.splitlines()
    )
    empty = called("check", dsn=empty_dsn)
    assert empty.code == 1
    assert "wrong: schema cqrs: it is not in this database yet: run `clone-cqrs migrate`" in empty.out


def test_an_application_that_cannot_be_made_is_a_finding(tmp_path: Path) -> None:
    (tmp_path / "shop.py").write_text(
        BROKEN.replace('"order.plcaed", ["order.get"]', '"order.placed", "order.get"'), encoding="utf-8"
    )
    ended = clone_cqrs("check", "--app", "shop:application", "--no-database", "--json", cwd=tmp_path)
    assert ended.code == 1
    codes = [each["code"] for each in ended.json["findings"]]
    assert codes == ["already_registered", "missing_policy", "refused_handler", "not_made"]
