"""`clone-cqrs`, as a process of its own, or in this one, which is quicker."""

import json
import os
import subprocess
import sys
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


def called(*arguments: str | Path, dsn: str = "", stdin: str = "") -> Ended:
    """Run it in this process, with DATABASE_URL=dsn. What is no exit code of it is raised."""
    ended = CliRunner().invoke(program, list(map(str, arguments)), input=stdin, env={"DATABASE_URL": dsn, "COLUMNS": None})
    if ended.exception is not None and not isinstance(ended.exception, SystemExit):
        raise ended.exception
    return Ended(ended.exit_code, ended.stdout, ended.stderr)
