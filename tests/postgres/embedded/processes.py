"""Real processes that use an embedded server, and what the kernel says about the processes of one."""

import fcntl
import json
import os
import pwd
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.servers.postgresql import DEADLINE_S

SOURCES = Path(__file__).parents[3] / "src"
HOLDER = Path(__file__).with_name("holder.py").read_text()


class Holder:
    """A child process that starts or joins the server of `home`; `ready` waits for it and returns its DSN."""

    def __init__(
        self,
        home: Path | None,
        *,
        user: str | None = None,
        command: Sequence[str | Path] = (sys.executable, "-W", "error"),
        sources: Sequence[Path] = (SOURCES,),
        prologue: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> None:
        identity: dict[str, object] = {}
        if user is not None:
            entry = pwd.getpwnam(user)
            identity = {"user": entry.pw_uid, "group": entry.pw_gid, "extra_groups": []}
        self.process = subprocess.Popen(
            # The text, not the file: it may lie where `user` cannot read.
            [*command, "-c", prologue + HOLDER, *([home] if home else [])],
            cwd="/",
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sources)), **(environment or {})},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            **identity,  # type: ignore[call-overload]
        )
        self._answer: dict[str, str] | None = None

    @property
    def answer(self) -> dict[str, str]:
        """What the process says once it has a server: `dsn` and `data_directory`, or `error`."""
        if self._answer is None:
            line = self.process.stdout.readline()
            assert line, "the process ended without a word"
            answer: dict[str, str] = json.loads(line)
            self._answer = answer
        return self._answer

    def ready(self) -> str:
        assert "error" not in self.answer, self.answer["error"]
        return self.answer["dsn"]

    @property
    def home(self) -> Path:
        return Path(self.answer["data_directory"])

    def let_go(self) -> None:
        """Have it close its hold and end."""
        self.process.stdin.close()
        assert self.process.wait(DEADLINE_S) == 0

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(DEADLINE_S)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait(DEADLINE_S)


def postmaster_of(home: Path) -> int:
    """The pid of the running server's postmaster."""
    return int((home / "data" / "postmaster.pid").read_text().split("\n")[0])


def supervisor_of(home: Path) -> int:
    """The pid of the supervisor: the postmaster's parent."""
    return int(_status(postmaster_of(home))["PPid"])


def uids_of(pid: int) -> set[int]:
    """Real, effective, saved and file system uid."""
    return {int(uid) for uid in _status(pid)["Uid"].split()}


def _status(pid: int) -> dict[str, str]:
    lines = Path(f"/proc/{pid}/status").read_text().splitlines()
    return {name: value.strip() for name, _, value in (line.partition(":") for line in lines)}


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def wait_until_unused(home: Path) -> None:
    """Wait until no supervisor runs on `home`: its lock goes last, after the server."""
    with (home / "supervisor.lock").open() as lock:

        def is_free() -> bool:
            try:
                fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return False
            return True

        wait_for(is_free, "the end of the supervisor")


def wait_for(condition: Callable[[], bool], what: str) -> None:
    """Wait until `condition()` holds; fails loudly at the deadline."""
    deadline = time.monotonic() + DEADLINE_S
    while not condition():
        assert time.monotonic() < deadline, f"still waiting for: {what}"
        time.sleep(0.01)
