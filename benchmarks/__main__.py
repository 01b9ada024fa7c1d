"""`python -m benchmarks NAME`, or `all`, or `alternatives`; docs/benchmarks.md says what each of them measures."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import sys
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from benchmarks import importing, messages
from benchmarks.cache import run as cache
from benchmarks.dispatch import run as dispatch
from benchmarks.durable import alternatives
from benchmarks.durable import run as durable
from benchmarks.events import run as events
from benchmarks.http import run as http
from benchmarks.machine import event_loop, machine
from benchmarks.page import with_figures
from benchmarks.report import Picture, Shown, to_json
from benchmarks.views import run as views

_console = Console(stderr=True)
_BENCHMARKS = ["dispatch", "messages", "cache", "durable", "events", "views", "http", "import", "alternatives", "all"]
_CACHE_ENTRIES = [1_000, 10_000, 100_000]


def main() -> None:
    """Run what is asked for, show tables, write files."""
    arguments = _parser().parse_args()
    before = machine()
    runner: Callable[[Coroutine[Any, Any, Any]], Any] = asyncio.run
    if not arguments.no_uvloop:
        with contextlib.suppress(ImportError):
            import uvloop

            runner = uvloop.run
    found, loop = runner(_run(arguments))
    before["event loop"] = loop
    command = "python -m benchmarks " + " ".join(_told(sys.argv[1:]))
    reports = [report for several in found.values() for report in several]
    for report in reports:
        report.show(Console())
    if arguments.json is not None:
        value = {"command": command, "machine": before, "reports": [report.as_json() for report in reports]}
        arguments.json.write_text(to_json(value), encoding="utf-8")
    if arguments.page is not None:
        page = with_figures(arguments.page.read_text(encoding="utf-8"), found, command, before)
        arguments.page.write_text(page, encoding="utf-8")
        for picture in (report for report in reports if isinstance(report, Picture)):
            (arguments.page.parent / picture.name).write_text(picture.svg, encoding="utf-8")


def _told(words: list[str]) -> list[str]:
    """The command line without the names of files, which are of this machine alone."""
    kept = list(words)
    for option in ("--json", "--page"):
        if option in kept:
            del kept[kept.index(option) : kept.index(option) + 2]
    return kept


async def _run(arguments: argparse.Namespace) -> tuple[dict[str, Sequence[Shown]], str]:
    reports: dict[str, Sequence[Shown]] = {}
    for name, (total, start) in _chosen(arguments).items():
        with Progress(
            TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn(), console=_console
        ) as bar:
            task = bar.add_task(name, total=total)
            reports[name] = await start(
                lambda done, bar=bar, task=task, name=name: bar.update(  # type: ignore[misc]
                    task, advance=1, description=f"{name}: {done}"
                )
            )
    return reports, event_loop()


Step = Callable[[str], None]


def _chosen(arguments: argparse.Namespace) -> dict[str, tuple[int, Callable[[Step], Awaitable[Sequence[Shown]]]]]:
    found: dict[str, tuple[int, Callable[[Step], Awaitable[Sequence[Shown]]]]] = {}
    if arguments.benchmark in ("dispatch", "all"):
        found["dispatch"] = (
            dispatch.steps(arguments.rounds),
            lambda step: dispatch.run(rounds=arguments.rounds, calls=arguments.calls, step=step),
        )
    if arguments.benchmark in ("messages", "all"):
        found["messages"] = (
            arguments.rounds * messages.STEPS_EACH_ROUND,
            lambda step: messages.run(rounds=arguments.rounds, calls=arguments.calls, step=step),
        )
    if arguments.benchmark in ("cache", "all"):
        found["cache"] = (
            cache.steps(arguments.rounds, arguments.cache_entries),
            lambda step: cache.run(rounds=arguments.rounds, calls=arguments.calls, entries=arguments.cache_entries, step=step),
        )
    if arguments.benchmark in ("durable", "all"):
        found["durable"] = (
            durable.steps(arguments.postgres, arguments.in_flight, arguments.durable_rounds),
            lambda step: durable.run(
                versions=arguments.postgres,
                in_flight=arguments.in_flight,
                rounds=arguments.durable_rounds,
                seconds=arguments.seconds,
                step=step,
            ),
        )
    if arguments.benchmark in ("events", "all"):
        found["events"] = (
            events.steps(arguments.postgres, arguments.event_rounds),
            lambda step: events.run(
                versions=arguments.postgres, rounds=arguments.event_rounds, seconds=arguments.seconds, step=step
            ),
        )
    if arguments.benchmark in ("views", "all"):
        extent = views.Extent(
            users=arguments.users,
            changes=arguments.changes,
            rounds=arguments.view_rounds,
            refresh_rounds=arguments.refresh_rounds,
            seconds=arguments.write_seconds,
        )
        found["views"] = (
            views.steps(arguments.postgres, extent),
            lambda step: views.run(versions=arguments.postgres, extent=extent, step=step),
        )
    if arguments.benchmark in ("http", "all"):
        found["http"] = (
            http.steps(arguments.postgres, arguments.http_rounds),
            lambda step: http.run(
                versions=arguments.postgres, rounds=arguments.http_rounds, seconds=arguments.seconds, step=step
            ),
        )
    if arguments.benchmark == "alternatives":
        found["alternatives"] = (
            alternatives.steps(arguments.postgres, arguments.in_flight, arguments.durable_rounds),
            lambda step: alternatives.run(
                versions=arguments.postgres,
                in_flight=arguments.in_flight,
                rounds=arguments.durable_rounds,
                seconds=arguments.seconds,
                step=step,
            ),
        )
    if arguments.benchmark in ("import", "all"):
        found["import"] = (
            importing.steps(arguments.postgres, arguments.import_rounds),
            lambda step: importing.run(versions=arguments.postgres, rounds=arguments.import_rounds, step=step),
        )
    return found


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("benchmark", choices=_BENCHMARKS)
    parser.add_argument("--json", type=Path, metavar="FILE", help="all figures")
    parser.add_argument("--page", type=Path, metavar="FILE", help="put the tables into this page (docs/benchmarks.md)")
    parser.add_argument("--no-uvloop", action="store_true", help="asyncio's own loop also where uvloop is installed")
    parser.add_argument("--rounds", type=int, default=41, help="of dispatch, messages and cache (default %(default)s)")
    parser.add_argument("--calls", type=int, default=3000, help="a round (default %(default)s)")
    parser.add_argument(
        "--cache-entries", nargs="+", type=int, default=_CACHE_ENTRIES, help="of caches that one is dropped from"
    )
    parser.add_argument("--postgres", nargs="+", choices=["15", "18"], default=["18"], help="of all with a server")
    parser.add_argument("--in-flight", nargs="+", type=int, default=[1, 16], help="of durable (default 1 16)")
    parser.add_argument("--durable-rounds", type=int, default=9, help="of durable (default %(default)s)")
    parser.add_argument("--seconds", type=float, default=4.0, help="a round of durable and http, and a live run of events")
    parser.add_argument("--event-rounds", type=int, default=5, help="of events (default %(default)s)")
    parser.add_argument("--http-rounds", type=int, default=5, help="of http (default %(default)s)")
    parser.add_argument("--users", nargs="+", type=int, default=[10_000, 100_000], help="of views (default 10000 100000)")
    parser.add_argument(
        "--changes", nargs="+", type=int, default=[0, 10_000, 100_000], help="of views (default 0 10000 100000)"
    )
    parser.add_argument("--view-rounds", type=int, default=21, help="of views: reads and writes (default %(default)s)")
    parser.add_argument("--refresh-rounds", type=int, default=3, help="of views: what refreshes (default %(default)s)")
    parser.add_argument("--write-seconds", type=float, default=1.0, help="of views: a round of writes (default %(default)s)")
    parser.add_argument("--import-rounds", type=int, default=3, help="of import (default %(default)s)")
    return parser


if __name__ == "__main__":
    main()
