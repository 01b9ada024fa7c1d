"""The HTTP face as a process of its own: uvicorn on a port of loopback, and a real database.

served.py FACTORY     serves what the function MODULE:NAME returns, on DATABASE_URL
"""

import importlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.domain.cheap_clone import CHEAP_CLONE
from tests.http.caller import KEY

from clone_cqrs.http import run_server

ROOT = Path(__file__).parents[2]
DEADLINE_S = 60.0


@dataclass
class Server:
    process: subprocess.Popen[bytes]
    url: str
    log: Path

    def said(self) -> str:
        """Everything on stdout and stderr so far."""
        return self.log.read_text(encoding="utf-8")

    def terminate(self) -> None:
        self.process.send_signal(signal.SIGTERM)

    def ended(self) -> int:
        """Its exit status, once it has ended."""
        return self.process.wait(DEADLINE_S)


@contextmanager
def served(dsn: str, log: Path, factory: str = CHEAP_CLONE, **environment: str) -> Iterator[Server]:
    """A server, answering. Killed at the end, if it is still there."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("CLONE_CQRS")}
    environment = {"CLONE_CQRS_JWT_KEY": KEY, **environment}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-W", "error", "-m", "tests.http.served", factory],
            cwd=ROOT,
            env=inherited | {"DATABASE_URL": dsn, "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}"} | environment,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
    try:
        yield Server(process, _address(process, log), log)
    finally:
        process.kill()
        process.wait()


def _address(process: subprocess.Popen[bytes], log: Path) -> str:
    deadline = time.monotonic() + DEADLINE_S
    while time.monotonic() < deadline:
        for line in log.read_text(encoding="utf-8").splitlines():
            if line.startswith("serving on "):
                return line.split()[2]
        if process.poll() is not None:
            break
        select.select([], [], [], 0.02)
    raise AssertionError(f"no server came up:\n{log.read_text(encoding='utf-8')}")


def main() -> None:
    module, _, name = sys.argv[1].partition(":")
    run_server(getattr(importlib.import_module(module), name)(os.environ["DATABASE_URL"]), port=0)


if __name__ == "__main__":
    main()
