"""Where the processes that use a server reach its supervisor. Standard library only: used inside the supervisor."""

import json
import os
import shutil
import socket
import tempfile
from collections.abc import Iterator
from pathlib import Path

# Of sockaddr_un, less the terminating zero: 104 bytes on macOS and the BSDs, 108 on Linux.
SOCKET_PATH_LIMIT = 103
SOCKET = "supervisor.sock"
STATE = "supervisor.json"
RUNTIME_PREFIX = "clone-cqrs-sockets-"


class Listener:
    """A Unix socket that only its owner (and root) may connect to, and the file in the home that tells where it is.

    server_directory: where the server's own socket belongs.
    """

    def __init__(self, home: Path, server_socket: str) -> None:
        self._home = home
        self._state_file = home / STATE
        self._remove_sockets_of_predecessor()
        # In the home; or in a directory of their own when that path will not do. In a DSN, a comma separates hosts.
        longest = max(len(os.fsencode(home / name)) for name in (f"data/{server_socket}", SOCKET))
        if longest <= SOCKET_PATH_LIMIT and "," not in str(home):
            self._runtime, self.server_directory = home, home / "data"
        else:
            self._runtime = self.server_directory = Path(tempfile.mkdtemp(prefix=RUNTIME_PREFIX))
        self._path = self._runtime / SOCKET
        self.socket = self._bind()
        self._announce()

    def accept(self) -> Iterator[socket.socket]:
        """Whoever is in the queue by now."""
        while True:
            try:
                client, _ = self.socket.accept()
            except BlockingIOError:
                return
            client.setblocking(False)
            yield client

    def close(self) -> None:
        """Whoever comes now is refused, whoever was in the queue is cut off; both start the next supervisor."""
        self._state_file.unlink(missing_ok=True)
        self._path.unlink(missing_ok=True)
        self.socket.close()

    def remove_runtime(self) -> None:
        """Remove the directory made for the sockets, once the server is gone as well."""
        if self._runtime != self._home:
            shutil.rmtree(self._runtime, ignore_errors=True)

    def _bind(self) -> socket.socket:
        self._path.unlink(missing_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.setblocking(False)
        listener.bind(str(self._path))
        self._path.chmod(0o600)
        listener.listen(128)
        return listener

    def _announce(self) -> None:
        new = self._state_file.with_suffix(".new")
        new.write_text(json.dumps({"socket": str(self._path)}))
        new.replace(self._state_file)

    def _remove_sockets_of_predecessor(self) -> None:
        path = socket_path(self._home)
        if path is not None and path.parent.name.startswith(RUNTIME_PREFIX):
            shutil.rmtree(path.parent, ignore_errors=True)


def socket_path(home: Path) -> Path | None:
    """Where the supervisor of `home` says that it listens; None when there is none.

    Raises: OSError when the home may not be read.
    """
    try:
        return Path(json.loads((home / STATE).read_text())["socket"])
    except (FileNotFoundError, ValueError, KeyError):
        return None
