"""A private PgBouncer that pools transactions, in front of a private server."""

import shutil
import signal
import subprocess
import time
from pathlib import Path
from typing import Self

from tests.servers.postgresql import DEADLINE_S, PrivateServer, free_port, temporary_directory

from clone_cqrs.postgres.embedded._launch import launch
from clone_cqrs.postgres.embedded._service_user import service_user

PROGRAM = Path("/usr/sbin/pgbouncer")


class PrivatePooler:
    """`with PrivatePooler(server) as pooler:`; `dsn(database)` leads through it. server_connections: for each database."""

    def __init__(self, server: PrivateServer, server_connections: int = 3) -> None:
        self._server = server
        self._port = free_port()
        self._connections = server_connections
        self._directory = temporary_directory(on_disk=False)
        self._process: subprocess.Popen[bytes] | None = None

    def dsn(self, database: str) -> str:
        return f"postgresql://{PrivateServer.SUPERUSER}@127.0.0.1:{self._port}/{database}"

    def __enter__(self) -> Self:
        settings = {
            "listen_addr": "127.0.0.1",
            "listen_port": self._port,
            "unix_socket_dir": "",
            "auth_type": "any",
            "pool_mode": "transaction",
            "default_pool_size": self._connections,
            "max_client_conn": 200,
            "server_round_robin": 1,  # whoever counts on getting the same session again is found out
        }
        backend = f"* = host=127.0.0.1 port={self._server.port} user={PrivateServer.SUPERUSER}\n"
        lines = (f"{name} = {value}\n" for name, value in settings.items())
        configuration, log = self._directory / "pgbouncer.ini", self._directory / "log"
        configuration.write_text(f"[databases]\n{backend}[pgbouncer]\n{''.join(lines)}")
        user = service_user()
        shutil.chown(self._directory, user.uid, user.gid)
        with log.open("ab") as output:
            self._process = launch(
                [PROGRAM, configuration], user, directory=self._directory, output=output, death_signal=signal.SIGTERM
            )
        deadline = time.monotonic() + DEADLINE_S
        while "process up" not in log.read_text(errors="replace"):
            if self._process.poll() is not None or time.monotonic() > deadline:
                said = log.read_text(errors="replace")
                self.__exit__()
                raise RuntimeError(f"PgBouncer did not start:\n{said}")
            time.sleep(0.01)
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
        shutil.rmtree(self._directory, ignore_errors=True)
