"""What the pages show is what happens: every block runs as it stands, and shown output is compared.

`...` in shown output stands for anything. A block that cannot run says why in a comment above it,
`<!-- no-run: reason -->`, and is counted in NOT_RUN.
"""

import doctest
import json
import os
import shlex
import shutil
import signal
import subprocess
import sys
from collections import Counter
from contextlib import suppress
from pathlib import Path

import pytest
from tests.docs.markdown import ROOT, Block, blocks, pages

DEADLINE_S = 300
RUNNABLE = ("python", "sql", "console")
NOT_RUN: dict[str, int] = {"docs/cli.md": 1}
# How one comes to have the code: nothing that the code itself could run.
SETTING_UP = ("git", "cd", "pip", "make")


def runs(block: Block) -> bool:
    return block.language in RUNNABLE and block.not_run is None and not sets_up(block)


def commands(block: Block) -> list[list[str]]:
    return [line.split()[1:] for line in block.text.split("\n") if line.startswith("$ ")]


def sets_up(block: Block) -> bool:
    return block.language == "console" and all(command[0] in SETTING_UP for command in commands(block))


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@pytest.mark.runs_documents
@pytest.mark.parametrize("page", [page for page in pages() if any(map(runs, blocks(page)))] or pages()[:1], ids=name)
def test_runs_as_it_stands(page: Path, empty_dsn: str, tmp_path: Path) -> None:
    if shutil.which("curl") is None and any("curl " in block.text for block in blocks(page) if runs(block)):
        pytest.skip("curl, which this page calls, is not installed")
    assert wrong_on(page, empty_dsn, tmp_path) is None


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ("```python\nprint(6 * 7)\n```\n\n```text\n42\n```\n", None),
        ("```python\nprint(6 * 7)\n```\n\n```text\n...\n```\n", None),
        ("```python\nprint(6 * 7)\n```\n\n```text\n41\n```\n", "page.md:2: shown is\n41\n\nbut printed was\n42\n"),
        ("```python\nx = 1\n```\n\n```python\nassert x == 2\n```\n", "page.md:6: this block fails"),
        ("```python\nimport asyncio\nawait asyncio.sleep(0)\n```\n", None),
        ("```python\nimport asyncio\nasyncio.run(asyncio.sleep(0))\n```\n", None),
        ("```python\nimport asyncio\nasyncio.sleep(0)\n```\n", "page.md:2: this block fails"),
        ("```console\n$ echo one \\\n    two\none two\n$ echo three\nthree\n```\n", None),
        ("```console\n$ echo one\ntwo\n```\n", "page.md:2: shown is\ntwo\n\nbut printed was\none\n"),
        ("```console\n$ false\n```\n", "page.md:2: this block fails"),
        ("<!-- no-run: it would fail -->\n```python\n1 / 0\n```\n", None),
    ],
)
def test_notices_what_a_page_gets_wrong(tmp_path: Path, text: str, wrong: str | None) -> None:
    page = tmp_path / "page.md"
    page.write_text(text, encoding="utf-8")
    found = wrong_on(page, "no database", tmp_path)
    assert found == wrong if wrong is None else found is not None and found.startswith(wrong), found


@pytest.mark.parametrize("page", pages(), ids=name)
def test_says_why_a_block_does_not_run(page: Path) -> None:
    marked = Counter(block.language for block in blocks(page) if block.not_run)
    assert marked.total() == NOT_RUN.get(name(page), 0)


@pytest.mark.parametrize("page", pages(), ids=name)
def test_names_make_targets_that_exist(page: Path) -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    named = [c[1] for b in blocks(page) if b.language == "console" for c in commands(b) if c[0] == "make" and len(c) > 1]
    assert [target for target in named if f"\n.PHONY: {target}\n" not in makefile] == []


def wrong_on(page: Path, dsn: str, scratch: Path) -> str | None:
    """Runs all blocks of a page with DATABASE_URL=dsn, and tells the first that fails or prints other than it shows."""
    chosen = [block for block in blocks(page) if runs(block)]
    results = scratch / "results"
    with subprocess.Popen(
        [sys.executable, "-W", "error", str(Path(__file__).with_name("run_page.py")), str(results)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        cwd=a_readers_directory(scratch),
        env=a_readers_environment(scratch, dsn),
        start_new_session=True,
    ) as page_run:
        told = [{"page": str(page), "line": b.line, "language": b.language, "text": b.text} for b in chosen]
        try:
            printed, _ = page_run.communicate(json.dumps(told), timeout=DEADLINE_S)
        finally:
            # What a page has begun in the background ends with it, also where it failed before it came to that.
            with suppress(ProcessLookupError):
                os.killpg(page_run.pid, signal.SIGKILL)
    outcomes = [json.loads(line) for line in results.read_text(encoding="utf-8").splitlines()]
    for block, (output, shown) in zip(chosen, outcomes, strict=False):
        expected = shown or block.output
        if expected and not same(expected, output):
            return f"{page.name}:{block.line}: shown is\n{expected.rstrip()}\n\nbut printed was\n{output}"
    if page_run.returncode != 0 or len(outcomes) < len(chosen):
        failed = chosen[min(len(outcomes), len(chosen) - 1)]
        return f"{page.name}:{failed.line}: this block fails\n{printed}"
    return None


def same(expected: str, output: str) -> bool:
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    return doctest.OutputChecker().check_output(expected.strip() + "\n", output.strip() + "\n", flags)


def a_readers_directory(scratch: Path) -> Path:
    """An empty directory with the examples in it, so that what a page writes does not land in the repository."""
    directory = scratch / "reader"
    directory.mkdir()
    (directory / "examples").symlink_to(ROOT / "examples")
    return directory


def a_readers_environment(scratch: Path, dsn: str) -> dict[str, str]:
    """The environment of someone who installed the package, DATABASE_URL naming an empty database."""
    binaries = scratch / "bin"
    binaries.mkdir()
    command = binaries / "clone-cqrs"
    program = "import sys; sys.argv[0] = 'clone-cqrs'; from clone_cqrs.cli import main; sys.exit(main())"
    command.write_text(f'#!/bin/sh\nexec {shlex.quote(sys.executable)} -c {shlex.quote(program)} "$@"\n')
    command.chmod(0o755)
    inherited = {key: value for key, value in os.environ.items() if not key.startswith(("PG", "XDG_", "CLONE_CQRS"))}
    return inherited | {
        "DATABASE_URL": dsn,
        "HOME": str(scratch),
        "PATH": f"{binaries}:{inherited['PATH']}",
        "PYTHONPATH": str(ROOT / "src"),
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
