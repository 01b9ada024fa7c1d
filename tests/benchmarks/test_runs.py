"""The benchmarks run and tell what they found. What they found is nobody's assertion."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from tests.servers.installations import bin_directory

REPOSITORY = Path(__file__).parents[2]


def run(directory: Path, name: str, *arguments: str) -> dict[str, Any]:
    """What a run writes as JSON; its tables are looked for on the page."""
    figures, page = directory / "figures.json", directory / "page.md"
    page.write_text(f"before\n<!-- figures: {name} -->\nold\n<!-- end of figures -->\nafter\n", encoding="utf-8")
    path = os.pathsep.join([str(REPOSITORY), str(REPOSITORY / "src"), *sys.path])
    subprocess.run(
        [sys.executable, "-m", "benchmarks", name, *arguments, "--json", figures, "--page", page],
        cwd=REPOSITORY,
        env=os.environ | {"PYTHONPATH": path},
        check=True,
        capture_output=True,
        timeout=300,
    )
    found: dict[str, Any] = json.loads(figures.read_text(encoding="utf-8"))
    text = page.read_text(encoding="utf-8")
    assert text.startswith("before\n<!--")
    assert text.endswith("-->\nafter\n")
    assert "old" not in text
    assert str(directory) not in text
    for report in found["reports"]:
        assert all(f"| {line} |" in text for line in report["lines"])
    return found


def test_the_page_of_the_repository_has_a_place_for_every_benchmark() -> None:
    text = (REPOSITORY / "docs" / "benchmarks.md").read_text(encoding="utf-8")
    decision = (REPOSITORY / "docs" / "decisions" / "0005-one-transaction-per-command.md").read_text(encoding="utf-8")
    for name in ("dispatch", "messages", "cache", "durable", "events", "views", "http", "import"):
        assert text.count(f"<!-- figures: {name} -->") == 1
    assert "<!-- figures: alternatives -->" in decision


def test_dispatch_tells_what_is_added_to_the_same_handler(tmp_path: Path) -> None:
    found = run(tmp_path, "dispatch", "--rounds", "2", "--calls", "20")
    assert found["command"].startswith("python -m benchmarks dispatch")
    assert found["machine"]["event loop"] in ("uvloop", "asyncio")
    [report] = found["reports"]
    for figures in report["lines"].values():
        assert figures["added_us"].keys() == {"median", "low", "high", "best"}


def test_messages_run(tmp_path: Path) -> None:
    [report] = run(tmp_path, "messages", "--rounds", "2", "--calls", "20")["reports"]
    assert report["lines"]


def test_the_cache_run_drops_what_it_says_and_loads_once(tmp_path: Path) -> None:
    found = run(tmp_path, "cache", "--rounds", "2", "--calls", "20", "--cache-entries", "200", "400")
    hit, _many, one, misses = found["reports"]
    assert hit["lines"]["QueryBus, on a query made before"]["goal_us"] == 1.0
    assert all(figures["us_by_entries"].keys() == {"200", "400"} for figures in one["lines"].values())
    assert misses["lines"]["QueryBus"]["loads"] == {"fewest": 1, "most": 1}


@pytest.mark.parametrize("name", ["durable", "alternatives"])
def test_every_command_of_a_durable_run_is_stored(tmp_path: Path, name: str) -> None:
    try:
        bin_directory("18")
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    [report] = run(tmp_path, name, "--in-flight", "2", "--durable-rounds", "1", "--seconds", "0.1")["reports"]
    assert all(figures["commands_per_second"]["median"] > 0 for figures in report["lines"].values())


def test_fresh_readings_are_compared_with_the_definition_and_drawn(tmp_path: Path) -> None:
    try:
        bin_directory("18")
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    sizes = ("--users", "60", "--changes", "50")
    extent = ("--view-rounds", "1", "--refresh-rounds", "1", "--write-seconds", "0.02")
    *tables, picture = run(tmp_path, "views", *sizes, *extent)["reports"]
    assert [table["title"].rpartition(",")[0] for table in tables] == [
        "one row",
        "the newest 20",
        "inserting turns",
        "seen after a write",
        "refresh",
    ]
    assert all(figures.get("faults", []) == [] for table in tables for figures in table["lines"].values())
    seen = tables[3]["lines"]
    assert seen["fresh reading"]["stale"] == 0
    assert seen["view, REFRESH CONCURRENTLY in a loop, no triggers"]["stale"] > 0
    assert (tmp_path / picture["note"]).read_text(encoding="utf-8").startswith("<svg ")


def test_http_runs_the_same_requests_against_all(tmp_path: Path) -> None:
    if shutil.which("wrk") is None:
        pytest.skip("wrk makes the load of this benchmark alone, and is not installed")
    try:
        bin_directory("18")
    except FileNotFoundError as missing:
        pytest.skip(str(missing))
    commands, queries = run(tmp_path, "http", "--http-rounds", "1", "--seconds", "1")["reports"]
    assert (len(commands["lines"]), len(queries["lines"])) == (2, 3)
    for report in (commands, queries):
        assert all(figures["requests_per_second"]["median"] > 0 for figures in report["lines"].values())
