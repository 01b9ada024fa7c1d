"""A private PostgreSQL server: its own data directory, a random loopback port, never root, never an orphan."""

import atexit
import functools
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Literal, Self

import asyncpg

from clone_cqrs.postgres.embedded._launch import launch
from clone_cqrs.postgres.embedded._service_user import service_user

DEADLINE_S = 60.0
MEMORY_NEEDED = 4 * 1024**3
DISK = Path(tempfile.gettempdir())  # not below pytest's own: that is 0700, and the service user could not enter
PREFIX = "clone-cqrs-test"
STOP_SIGNALS = {"fast": signal.SIGINT, "immediate": signal.SIGQUIT, "kill": signal.SIGKILL}
StopMode = Literal["fast", "immediate", "kill"]


class PrivateServer:
    """Create with `PrivateServer.create(bin_directory)`; `close()` stops it and removes its files.

    Its processes get SIGQUIT from the kernel when the thread that called `start` ends, so call it from the main thread.
    """

    SUPERUSER = "postgres"

    def __init__(self, bin_directory: Path, directory: Path, settings: Mapping[str, object]) -> None:
        self.bin_directory = bin_directory
        self.directory = directory
        self.data_directory = directory / "data"
        self.log_file = directory / "log"
        self.port = free_port()
        self._settings = settings
        self._user = service_user()
        self._process: subprocess.Popen[bytes] | None = None

    @classmethod
    def create(cls, bin_directory: Path, *, fsync: bool = False, **settings: object) -> Self:
        """Make the data directory and start; `fsync` on is for crash tests, `settings` are added to postgresql.conf."""
        directory = temporary_directory(on_disk=fsync)
        durability: dict[str, object] = {} if fsync else {"fsync": "off", "full_page_writes": "off"}
        server = cls(bin_directory, directory, durability | settings)
        atexit.register(server.close)
        try:
            shutil.chown(directory, server._user.uid, server._user.gid)
            server._initialize()
            server.start()
        except BaseException:
            server.close()
            raise
        return server

    def dsn(self, database: str = "postgres") -> str:
        return f"postgresql://{self.SUPERUSER}@127.0.0.1:{self.port}/{database}"

    @property
    def pid(self) -> int:
        """The postmaster's."""
        if self._process is None:
            raise RuntimeError("the server is not running")
        return self._process.pid

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start and wait until connections are accepted; nothing to do when it runs."""
        if self.running:
            return
        self.stop("fast")  # reap one that ended by itself
        with self.log_file.open("ab") as log:
            self._process = launch(
                [self.bin_directory / "postgres", "-D", self.data_directory],
                self._user,
                directory=self.directory,
                output=log,
                death_signal=signal.SIGQUIT,
            )
        deadline = time.monotonic() + DEADLINE_S
        while not self._is_ready():
            if self._process.poll() is not None or time.monotonic() > deadline:
                self.stop("immediate")
                raise RuntimeError(f"PostgreSQL did not start:\n{self.log_tail()}")
            time.sleep(0.01)

    def stop(self, mode: StopMode = "fast") -> None:
        """Stop and wait for the end: `fast` ends the sessions, `immediate` crashes them, `kill` is SIGKILL."""
        if self._process is None:
            return
        if self._process.poll() is None:
            self._process.send_signal(STOP_SIGNALS[mode])
            try:
                self._process.wait(DEADLINE_S)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def restart(self, mode: StopMode = "fast") -> None:
        self.stop(mode)
        self.start()

    def close(self) -> None:
        """Stop it and remove its files; harmless when done before."""
        atexit.unregister(self.close)
        self.stop("immediate")
        shutil.rmtree(self.directory, ignore_errors=True)

    async def fetch(self, sql: str, *parameters: object, database: str = "postgres") -> list[asyncpg.Record]:
        """Run one statement as superuser on a connection of its own, outside a transaction."""
        connection = await asyncpg.connect(self.dsn(database))
        try:
            return await connection.fetch(sql, *parameters)
        finally:
            await connection.close()

    async def execute(self, script: str, *, database: str = "postgres") -> str:
        """Run a script of one or more statements as superuser; returns the last command tag."""
        connection = await asyncpg.connect(self.dsn(database))
        try:
            return await connection.execute(script)
        finally:
            await connection.close()

    def log_tail(self, lines: int = 30) -> str:
        try:
            return "\n".join(self.log_file.read_text(errors="replace").splitlines()[-lines:])
        except FileNotFoundError:
            return "(no log)"

    def _initialize(self) -> None:
        # Copying is quicker than another initdb; cp keeps owner and mode. The system identifier is the same: no matter.
        subprocess.run(["cp", "-a", _initialized(self.bin_directory), self.data_directory], check=True)
        settings: dict[str, object] = {
            "listen_addresses": "127.0.0.1",
            "port": self.port,
            "unix_socket_directories": self.directory,
            "max_connections": 200,
            "max_prepared_transactions": 64,
            "shared_buffers": "64MB",
        }
        with (self.data_directory / "postgresql.conf").open("a") as file:
            file.writelines(f"{name} = '{value}'\n" for name, value in (settings | dict(self._settings)).items())

    def _is_ready(self) -> bool:
        try:
            lines = (self.data_directory / "postmaster.pid").read_text().split("\n")
        except FileNotFoundError:
            return False
        # Line 1 is the pid (an older file may still lie there), line 8 the state.
        return len(lines) > 7 and lines[0] == str(self.pid) and lines[7].strip() == "ready"


@functools.cache
def _initialized(bin_directory: Path) -> Path:
    """A data directory as initdb leaves it, to be copied."""
    directory = temporary_directory(on_disk=False)
    atexit.register(shutil.rmtree, directory, ignore_errors=True)
    user = service_user()
    shutil.chown(directory, user.uid, user.gid)
    data_directory = directory / "data"
    initdb: list[str | Path] = [
        bin_directory / "initdb",
        "--no-sync",
        "--auth=trust",
        "--encoding=UTF8",
        "--locale=C.UTF-8",
        f"--username={PrivateServer.SUPERUSER}",
        f"--pgdata={data_directory}",
    ]
    with (directory / "log").open("ab") as log:
        code = launch(initdb, user, directory=directory, output=log).wait(DEADLINE_S)
    if code != 0:
        raise RuntimeError(f"initdb failed:\n{(directory / 'log').read_text(errors='replace')}")
    return data_directory


def temporary_directory(*, on_disk: bool) -> Path:
    """An empty directory; those of runs that were killed are removed."""
    for left in (left for root in {DISK, in_memory()} for left in root.glob(f"{PREFIX}-*")):
        owner = left.name.removeprefix(f"{PREFIX}-").split("-")[0]
        if owner.isdecimal() and not is_alive(int(owner)):
            shutil.rmtree(left, ignore_errors=True)
    return Path(tempfile.mkdtemp(prefix=f"{PREFIX}-{os.getpid()}-", dir=DISK if on_disk else in_memory()))


def in_memory() -> Path:
    """A directory, open to all users, that never waits for a disk: a copy of a template takes 20 ms there, not 90.

    The system's temporary one if there is no such thing, or too little room.
    """
    memory = Path("/dev/shm")
    if memory.is_dir() and os.access(memory, os.W_OK) and shutil.disk_usage(memory).free > MEMORY_NEEDED:
        return memory
    return DISK


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def wait_until_gone(pid: int, deadline_s: float = DEADLINE_S) -> None:
    """Wait until no process has this pid (a zombie counts as gone); fails loudly at the deadline."""
    deadline = time.monotonic() + deadline_s
    while is_alive(pid):
        assert time.monotonic() < deadline, f"process {pid} is still there"
        time.sleep(0.01)


def is_alive(pid: int) -> bool:
    """Whether a process has this pid and is not a zombie."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except (FileNotFoundError, ProcessLookupError):
        return False
    return state not in "ZX"
