"""Whether the functions that a definition calls can be followed."""

from __future__ import annotations

from collections.abc import Iterator

from clone_cqrs.views.catalog.finding import ViewFinding
from clone_cqrs.views.catalog.reads import Called, Reads
from clone_cqrs.views.catalog.tables import in_schema
from clone_cqrs.views.view import MaterializedView


def function_findings(view: MaterializedView, reads: Reads) -> Iterator[ViewFinding]:
    """Functions whose answers change unheard of: of the time, at random, with tables that they read, with the order of rows."""
    declared = {in_schema(function): tables for function, tables in view.functions.items()}
    followed = {in_schema(table) for table in view.changes}
    for function in reads.functions:
        if function.adds_floats:
            yield _adds_floats(view, function, reads)
        if function.tells_time and not view.time_columns:
            yield ViewFinding(
                view.name,
                "clock_undeclared",
                f"its definition asks for the time of day ({function.name.name}), and no column is declared to depend on it:"
                " name those that do in `time_columns`; rows cannot come and go with the time",
            )
        elif function.volatility == "v":
            yield ViewFinding(
                view.name,
                "function_volatile",
                f"its definition calls {function.name}, whose answer may differ from one call to the next: leave it out, or,"
                " where that is not so, declare the function STABLE or IMMUTABLE",
            )
        for table in declared.get(function.name, ()):
            if in_schema(table) not in followed:
                yield ViewFinding(
                    view.name,
                    "table_undeclared",
                    f"its definition reads {table} through the function {function.name}, and it is not among its changes: add"
                    f" {table!r} to `changes`, with the column of a changed row that holds {', '.join(view.key_columns)}",
                    table,
                )
        if not (function.built_in or function.traced or function.volatility == "i" or function.name in declared):
            yield ViewFinding(
                view.name,
                "function_undeclared",
                f"its definition calls {function.name}, and what a function reads cannot be seen: declare its tables, as"
                f" `functions={{{str(function.name)!r}: (...)}}`, empty where it reads none; or declare the function IMMUTABLE,"
                " or give it a body in BEGIN ATOMIC",
            )


def _adds_floats(view: MaterializedView, function: Called, reads: Reads) -> ViewFinding:
    columns = [f"{relation.name}.{column}" for relation in reads.relations for column in relation.floats]
    which = f" (it reads {', '.join(columns)})" if columns else ""
    return ViewFinding(
        view.name,
        "floats_added",
        f"its definition has {function.name.name}() of floating-point numbers{which}, whose last digits depend on the order of"
        f" rows, so that readings differ: make the column numeric, or {function.name.name}(...::numeric)",
        *((columns[0].rpartition(".")[0], columns[0].rpartition(".")[2]) if len(columns) == 1 else ()),
    )
