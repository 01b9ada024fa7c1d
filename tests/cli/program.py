"""`clone-cqrs`, as a process of its own, or in this one, which is quicker."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from clone_cqrs.cli.program import program

ROOT = Path(__file__).parents[2]
DEADLINE_S = 240
PROGRAM = (
    sys.executable,
    "-W",
    "error",
    "-c",
    "import sys; sys.argv[0] = 'clone-cqrs'; from clone_cqrs.cli import main; sys.exit(main())",
)


@dataclass(frozen=True)
class Ended:
    """How a run ended."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one line on stdout."""
        (line,) = self.out.splitlines()
        return json.loads(line)


def environment(**more: str) -> dict[str, str]:
    """A user's environment: no DATABASE_URL but what a test gives."""
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "COLUMNS", "FORCE_COLOR")}
    return inherited | {"PYTHONPATH": str(ROOT / "src"), "PYTHONIOENCODING": "utf-8"} | more


def clone_cqrs(*arguments: str | Path, stdin: bytes = b"", cwd: Path | None = None, env: dict[str, str] | None = None) -> Ended:
    """Run it to its end."""
    run = subprocess.run(
        [*PROGRAM, *map(str, arguments)],
        input=stdin,
        capture_output=True,
        cwd=cwd,
        env=environment(**(env or {})),
        timeout=DEADLINE_S,
    )
    return Ended(run.returncode, run.stdout.decode(), run.stderr.decode())


def called(*arguments: str | Path, dsn: str = "", stdin: str = "", columns: str | None = None) -> Ended:
    """Run it in this process, with DATABASE_URL=dsn. What is no exit code of it is raised."""
    ended = CliRunner().invoke(program, list(map(str, arguments)), input=stdin, env={"DATABASE_URL": dsn, "COLUMNS": columns})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)


class Running:
    """A run that has not ended: what it said so far, in files."""

    def __init__(self, process: subprocess.Popen[bytes], out: Path, err: Path) -> None:
        self.process = process
        self._out, self._err = out, err

    @property
    def out(self) -> str:
        """So far, on stdout."""
        return self._out.read_text(encoding="utf-8")

    @property
    def err(self) -> str:
        """So far, on stderr."""
        return self._err.read_text(encoding="utf-8")

    def until(self, said: Callable[[], object]) -> None:
        """Wait for something that it says. Fails where it ends before that."""
        until(lambda: bool(said()) or self.process.poll() is not None)
        assert said(), f"exit code {self.process.returncode}\n{self.out}\n{self.err}"

    def end(self, how: signal.Signals) -> int:
        """Send a signal, and give the exit code."""
        self.process.send_signal(how)
        return self.process.wait(DEADLINE_S)


@contextmanager
def running(
    *arguments: str | Path, at: Path, env: dict[str, str] | None = None, stdin: int = subprocess.DEVNULL
) -> Iterator[Running]:
    """Start it; what is not ended by the test is killed. at: a directory for what it says, made here."""
    at.mkdir()
    out, err = at / "out", at / "err"
    with out.open("wb") as stdout, err.open("wb") as stderr:
        process = subprocess.Popen(
            [*PROGRAM, *map(str, arguments)],
            stdin=stdin,
            stdout=stdout,
            stderr=stderr,
            cwd=ROOT,
            env=environment(**(env or {})),
            start_new_session=True,
            preexec_fn=_listen_to_sigint,
        )
    try:
        yield Running(process, out, err)
    finally:
        if process.poll() is None:
            process.kill()
            process.wait(DEADLINE_S)


def _listen_to_sigint() -> None:
    """Whoever started the tests may have it ignored, and hands that down."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def until(condition: Callable[[], bool]) -> None:
    """Wait for it."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.05)
