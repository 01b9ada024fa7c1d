"""A using process's hold on the supervisor: while this connection is open, the server runs."""

import contextlib
import json
import os
import socket
import subprocess
import tempfile
import time
import weakref
from pathlib import Path

from clone_cqrs.postgres.embedded._errors import EmbeddedServerError
from clone_cqrs.postgres.embedded._home import prepare_home, try_lock
from clone_cqrs.postgres.embedded._installation import installation_for
from clone_cqrs.postgres.embedded._launch import CHILD, interpreter_environment
from clone_cqrs.postgres.embedded._listener import socket_path
from clone_cqrs.postgres.embedded._service_user import ServiceUser
from clone_cqrs.postgres.embedded._supervisor import Order

START_WITHIN_S = 60.0
STOP_WITHIN_S = 60.0
RETRY_AFTER_S = 0.02

_open: weakref.WeakSet[socket.socket] = weakref.WeakSet()


def _close_inherited() -> None:
    for connection in list(_open):
        connection.close()


# A forked child must not keep the server alive; across exec the descriptors are closed anyway.
os.register_at_fork(after_in_child=_close_inherited)


class Connection:
    """An open connection to the supervisor. `host`: the directory of the server's socket."""

    def __init__(self, connection: socket.socket, host: str) -> None:
        self._socket = connection
        self.host = host

    def close(self) -> None:
        """Let go; when this was the last one, return after the server has stopped. Blocks; harmless when done before."""
        if self._socket.fileno() == -1:
            return
        with self._socket, contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_WR)  # also for copies of the descriptor
            self._socket.settimeout(STOP_WITHIN_S)
            while self._socket.recv(4096):
                pass


def connect(home: Path, *, temporary: bool) -> Connection:
    """Join the supervisor of `home`, or start one. Blocks.

    Raises: EmbeddedServerError.
    """
    user = prepare_home(home)
    deadline = time.monotonic() + START_WITHIN_S
    while True:
        connection = _join(home) or _start(home, user, temporary=temporary)
        if connection is not None:
            try:
                greeting = _greeting(connection, deadline)
            except BaseException:
                connection.close()
                raise
            if greeting is not None:
                _open.add(connection)
                return Connection(connection, greeting)
            connection.close()  # it was about to end
        if time.monotonic() > deadline:
            raise EmbeddedServerError(_too_late(home))
        time.sleep(RETRY_AFTER_S)


def _join(home: Path) -> socket.socket | None:
    try:
        path = socket_path(home)
    except OSError as error:
        raise EmbeddedServerError(f"cannot use the data directory {home}: {error.strerror}") from error
    if path is None:
        return None
    connection = socket.socket(socket.AF_UNIX)
    try:
        connection.connect(str(path))
    except (ConnectionRefusedError, FileNotFoundError, BlockingIOError):
        connection.close()
        return None
    except BaseException:
        connection.close()
        raise
    return connection


def _start(home: Path, user: ServiceUser, *, temporary: bool) -> socket.socket | None:
    """Start a supervisor and be its first client; None when another process holds the lock."""
    lock = try_lock(home, user)
    if lock is None:
        return None
    ours, theirs = socket.socketpair()
    try:
        with theirs:
            uid, gid = user.to_become
            installation = installation_for(user)
            order: Order = {
                "home": str(home),
                "bin_directory": str(installation.bin_directory),
                "major": installation.major,
                "uid": uid,
                "gid": gid,
                "lock": lock,
                "client": theirs.fileno(),
                "temporary": temporary,
            }
            _run_supervisor(order)
    except BaseException:
        ours.close()
        raise
    finally:
        os.close(lock)
    return ours


def _run_supervisor(order: Order) -> None:
    with tempfile.TemporaryFile() as errors:
        started = subprocess.run(
            [*CHILD, "supervise", json.dumps(order)],
            cwd="/",
            env=interpreter_environment(),
            pass_fds=(order["lock"], order["client"]),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=errors,
            start_new_session=True,
            check=False,
        )
        if started.returncode != 0:
            errors.seek(0)
            raise EmbeddedServerError(f"the supervisor did not start: {errors.read().decode(errors='replace')}")


def _greeting(connection: socket.socket, deadline: float) -> str | None:
    """The directory of the server's socket, once it is ready; None when the supervisor ended without a word.

    Raises: EmbeddedServerError with what the supervisor says is wrong.
    """
    received = b""
    while not received.endswith(b"\n"):
        connection.settimeout(max(0.001, deadline - time.monotonic()))
        try:
            chunk = connection.recv(65536)
        except TimeoutError:
            return None
        except ConnectionResetError:
            return None
        if not chunk:
            return None
        received += chunk
    message: dict[str, str] = json.loads(received)
    if "error" in message:
        raise EmbeddedServerError(message["error"])
    return message["host"]


def _too_late(home: Path) -> str:
    return (
        f"the embedded server in {home} is not ready after {START_WITHIN_S:.0f} s; after a crash with much to recover, "
        f"trying again helps. Its log is {home / 'log'}"
    )
