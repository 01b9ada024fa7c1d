"""The process that owns an embedded server: alive as long as any process holds a connection to its socket.

Standard library only, one thread, and everything imported before privileges are dropped: see _child.py.
The process that starts it passes a held lock and one end of a socket pair, its own connection, so there is neither a
moment without an owner of the lock nor one without a client. To each client goes one line of JSON: {"host": directory
of the server's socket} or {"error": what to do}; nothing is read from them but the end.
"""

import contextlib
import fcntl
import json
import os
import selectors
import shutil
import signal
import socket
import sys
import traceback
from pathlib import Path
from typing import NoReturn, TypedDict

from clone_cqrs.postgres.embedded._listener import Listener
from clone_cqrs.postgres.embedded._postmaster import PORT, Postmaster, StartError
from clone_cqrs.postgres.embedded._privileges import drop_privileges
from clone_cqrs.postgres.embedded._service_user import ServiceUser

POLL_STARTING_S = 0.02


class Order(TypedDict):
    """What a supervisor is started with, as JSON. The descriptors are inherited."""

    home: str
    bin_directory: str
    major: int
    uid: int
    gid: int
    lock: int
    client: int
    temporary: bool


def supervise(order_json: str) -> NoReturn:
    """Run until the last client is gone, then end the process."""
    order: Order = json.loads(order_json)
    for descriptor in (order["lock"], order["client"]):
        os.set_inheritable(descriptor, False)  # not for the server
    first = socket.socket(fileno=order["client"])
    if os.fork():  # the starter need not wait for us in the end
        os._exit(0)
    status = 1
    try:
        drop_privileges(order["uid"], order["gid"])
        os.umask(0o077)
        home = Path(order["home"])
        try:
            os.chdir(home)
        except OSError as error:
            _tell(first, error=_cannot_enter(home, error))
            os._exit(1)
        _redirect_output(home)
        supervisor = Supervisor(order, first)
        try:
            supervisor.run()
        finally:
            supervisor.end()
        status = 0
    except BaseException as error:
        traceback.print_exc()
        _tell(first, error=f"the supervisor in {order['home']} failed: {error}; more is in its file `log`")
    finally:
        # Even if a fork of the starter holds a copy of the descriptor.
        fcntl.flock(order["lock"], fcntl.LOCK_UN)
        os._exit(status)  # the kernel closes the last client's connection: it was waiting for that


class Supervisor:
    """One server, its clients, and the loop between them."""

    def __init__(self, order: Order, first: socket.socket) -> None:
        self._home = Path(order["home"])
        self._temporary = order["temporary"]
        self._listener = Listener(self._home, f".s.PGSQL.{PORT}")
        self._host = self._listener.server_directory
        self._postmaster = Postmaster(self._home, Path(order["bin_directory"]), order["major"], self._host)
        self._clients = {first}
        self._last: socket.socket | None = None
        self._ready = False
        self._asked_to_stop = False
        self._selector = selectors.DefaultSelector()
        self._selector.register(first, selectors.EVENT_READ)
        self._selector.register(self._listener.socket, selectors.EVENT_READ)
        self._wakeup = self._wake_on_signals()
        self._selector.register(self._wakeup, selectors.EVENT_READ)

    def run(self) -> None:
        try:
            self._postmaster.initialize()
            self._postmaster.start()
            while self._clients and not self._asked_to_stop:
                self._serve(None if self._ready else POLL_STARTING_S)
                self._look_after_server()
        except (StartError, OSError) as error:
            self._accept()
            tail = _tail(self._home / "log")
            for client in self._clients:
                _tell(client, error=f"{error}\n{tail}" if tail else str(error))

    def end(self) -> None:
        """Stop the server; those who wait for the last connection to close see it gone."""
        self._listener.close()
        self._postmaster.stop(signal.SIGQUIT if self._temporary else signal.SIGINT)
        self._listener.remove_runtime()
        if self._temporary:
            shutil.rmtree(self._home, ignore_errors=True)

    def _serve(self, timeout_s: float | None) -> None:
        for key, _ in self._selector.select(timeout_s):
            if key.fileobj is self._listener.socket:
                self._accept()
            elif key.fileobj is self._wakeup:
                self._wakeup.recv(4096)
            elif isinstance(key.fileobj, socket.socket):
                self._drop_if_gone(key.fileobj)
        if not self._clients:
            # Whoever came before the listener closes is served.
            self._accept()
            if self._clients and self._last is not None:
                self._last.close()

    def _accept(self) -> None:
        for client in self._listener.accept():
            self._clients.add(client)
            self._selector.register(client, selectors.EVENT_READ)
            if self._ready:
                _tell(client, host=str(self._host))

    def _drop_if_gone(self, client: socket.socket) -> None:
        try:
            if client.recv(4096):
                return
        except BlockingIOError:
            return
        except OSError:
            pass
        self._selector.unregister(client)
        self._clients.discard(client)
        if self._clients:
            client.close()
        else:
            self._last = client  # stays open until the server has stopped

    def _look_after_server(self) -> None:
        state = self._postmaster.state()
        if state == "ready" and not self._ready:
            self._ready = True
            for client in self._clients:
                _tell(client, host=str(self._host))
        elif state == "ended":
            if not self._ready:
                raise StartError("PostgreSQL ended while starting")
            print("the server ended by itself; starting it again", file=sys.stderr, flush=True)
            self._ready = False
            self._postmaster.start()

    def _wake_on_signals(self) -> socket.socket:
        """A socket that becomes readable when the server ended or somebody asks us to stop."""
        reader, self._waker = socket.socketpair()
        for end in (reader, self._waker):
            end.setblocking(False)
        signal.set_wakeup_fd(self._waker.fileno(), warn_on_full_buffer=False)
        signal.signal(signal.SIGCHLD, lambda number, frame: None)
        for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP):
            signal.signal(number, self._stop_soon)
        return reader

    def _stop_soon(self, number: int, frame: object) -> None:
        self._asked_to_stop = True


def _tell(client: socket.socket, **message: str) -> None:
    # One that went away meanwhile is noticed by the loop.
    with contextlib.suppress(OSError):
        client.sendall(json.dumps(message).encode() + b"\n")


def _cannot_enter(home: Path, error: OSError) -> str:
    user = ServiceUser.owning(os.geteuid(), os.getegid())
    return (
        f"PostgreSQL does not run as root but as {user.name}, and that user cannot enter {home} ({error.strerror}): "
        "a directory above is private. Choose a data directory that it can reach, or leave the choice to the default"
    )


def _redirect_output(home: Path) -> None:
    log = home / "log"
    if log.exists():
        log.replace(home / "log.previous")
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)


def _tail(log: Path, lines: int = 15) -> str:
    try:
        text = log.read_text(errors="replace")
    except OSError:
        return ""
    advice = "The disk is full: make room.\n" if "No space left on device" in text else ""
    return advice + "\n".join([f"The end of {log}:", *text.splitlines()[-lines:]])
