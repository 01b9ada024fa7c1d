"""The server process itself, as its supervisor sees it. Standard library only: runs inside the supervisor."""

import contextlib
import os
import shutil
import signal
import time
from collections.abc import Callable
from pathlib import Path
from typing import Literal

from clone_cqrs.postgres.embedded._privileges import die_with_parent, execute
from clone_cqrs.postgres.embedded._processes import exists, is_server, sessions_of

SUPERUSER = "clone_cqrs"
PORT = 5432  # part of the socket's name, no more
STOP_WITHIN_S = 60.0

SETTINGS = {
    "max_connections": "100",
    "shared_buffers": "128MB",
    "max_wal_size": "512MB",
    "log_line_prefix": "%m [%p] ",
}

# What this process handles, or ignores, and the server's programs must not inherit.
HANDLED = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD, signal.SIGPIPE)

State = Literal["starting", "ready", "ended"]


class StartError(Exception):
    """The server cannot be started; the message says what to do."""


class Postmaster:
    """The server of one home. All methods run in the supervisor's main thread, which is its only one."""

    def __init__(self, home: Path, bin_directory: Path, major: int, socket_directory: Path) -> None:
        self.pid: int | None = None
        self._home = home
        self._data = home / "data"
        self._bin_directory = bin_directory
        self._major = major
        self._socket_directory = socket_directory

    def initialize(self) -> None:
        """Make the data directory unless it exists, all or nothing; refuse one of another major version."""
        version_file = self._data / "PG_VERSION"
        if version_file.exists():
            found = version_file.read_text().strip()
            if found != str(self._major):
                raise StartError(
                    f"{self._home} holds data of PostgreSQL {found}, the installed programs are of version {self._major}. "
                    f"To keep the data, dump it with a server of version {found} (pg_dumpall) and load it into a new "
                    f"data directory; else remove {self._home}"
                )
            return
        new = self._home / "data.new"
        shutil.rmtree(new, ignore_errors=True)  # of one that was interrupted
        pid = self._spawn(
            [
                str(self._bin_directory / "initdb"),
                f"--pgdata={new}",
                f"--username={SUPERUSER}",
                "--auth-local=trust",  # who may connect is told by the mode of the socket's directory
                "--auth-host=reject",
                "--encoding=UTF8",
                "--locale=C",
                "--locale-provider=builtin",
                "--builtin-locale=C.UTF-8",  # the same order on every machine, after every upgrade of its libraries
                *(f"--set={name}={value}" for name, value in SETTINGS.items()),
            ],
            signal.SIGTERM,
        )
        _, status = os.waitpid(pid, 0)
        if status != 0:
            shutil.rmtree(new, ignore_errors=True)
            raise StartError("initdb failed")
        os.rename(new, self._data)

    def start(self) -> None:
        """Start the server, after one that an earlier supervisor left behind has ended."""
        self._end_predecessor()
        quoted = str(self._socket_directory).replace('"', '""')
        self.pid = self._spawn(
            [
                str(self._bin_directory / "postgres"),
                "-D",
                str(self._data),
                *("-c", "listen_addresses="),
                *("-c", f'unix_socket_directories="{quoted}"'),
                *("-c", "unix_socket_permissions=0700"),
                *("-c", f"port={PORT}"),
            ],
            signal.SIGINT,  # fast shutdown
        )

    def state(self) -> State:
        """`ended` is told once: the process is reaped then."""
        if self.pid is None:
            return "ended"
        if os.waitpid(self.pid, os.WNOHANG)[0]:
            self.pid = None
            return "ended"
        lines = self._pid_file_lines()
        return "ready" if lines[0] == str(self.pid) and lines[7].strip() == "ready" else "starting"

    def stop(self, stop_signal: signal.Signals) -> None:
        """SIGINT ends all sessions and writes a checkpoint, SIGQUIT does without; returns when the server is gone."""
        if self.pid is not None:
            os.kill(self.pid, stop_signal)
            # However long it takes: a checkpoint that is cut short is paid back, with interest, by the recovery.
            os.waitpid(self.pid, 0)
            self.pid = None

    def _end_predecessor(self) -> None:
        """Its supervisor was killed: the kernel has told it to stop, which may take a while, or could not (not on Linux)."""
        pid = self._pid_file_lines()[0]
        if not pid.isdecimal():
            return
        if is_server(int(pid), self._data):
            os.kill(int(pid), signal.SIGINT)
        _wait_while(lambda: is_server(int(pid), self._data), STOP_WITHIN_S)
        # Sessions whose postmaster was killed compute on until they next wait for something; recovery follows anyway.
        for session in sessions_of(self._data):
            with contextlib.suppress(ProcessLookupError):
                os.kill(session, signal.SIGQUIT)
        _wait_while(lambda: bool(sessions_of(self._data)), STOP_WITHIN_S)
        if exists(int(pid)):
            # A stranger has that pid by now, whom PostgreSQL would take for a running server. Whether any process of the
            # old server is left it also sees by the shared memory, whose key comes from the data directory.
            (self._data / "postmaster.pid").unlink(missing_ok=True)
            (self._socket_directory / f".s.PGSQL.{PORT}.lock").unlink(missing_ok=True)

    def _pid_file_lines(self) -> list[str]:
        """The lines of postmaster.pid, at least eight: the first is the pid, the eighth the state."""
        try:
            lines = (self._data / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            lines = []
        return lines + [""] * 8

    def _spawn(self, command: list[str], death_signal: signal.Signals) -> int:
        parent = os.getpid()
        # Until the child has let go of our handlers, a signal to it would be swallowed by them.
        signal.pthread_sigmask(signal.SIG_BLOCK, HANDLED)
        pid = os.fork()  # this process has one thread, so Python may run in the child
        if pid:
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
            return pid
        try:
            signal.set_wakeup_fd(-1)
            for number in HANDLED:
                signal.signal(number, signal.SIG_DFL)
            signal.pthread_sigmask(signal.SIG_UNBLOCK, HANDLED)
            die_with_parent(parent, death_signal)
            execute(command)
        except BaseException as error:
            os.write(2, f"cannot run {command[0]}: {error}\n".encode(errors="replace"))
        finally:
            os._exit(126)


def _wait_while(condition: Callable[[], bool], seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while condition():
        if time.monotonic() > deadline:
            raise StartError("the last server on this data does not end; its processes have to be killed by hand")
        time.sleep(0.02)
