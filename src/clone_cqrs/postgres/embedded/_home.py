"""The directory of one embedded server, called its home, and who owns it.

    supervisor.lock    flock held by the supervisor; tells that the directory is one of ours
    supervisor.json    where the supervisor listens, while it does
    supervisor.sock    there, unless the path is too long for a socket
    log, log.previous  what the supervisor and the server have to say
    data               PostgreSQL's data directory, 0700, with the server's socket in it
    data.new           one that is being made

All of it belongs to the service user. What root does itself here follows no symbolic link.
"""

import fcntl
import os
import tempfile
from pathlib import Path

from platformdirs import user_data_path

from clone_cqrs.postgres.embedded._errors import EmbeddedServerError
from clone_cqrs.postgres.embedded._service_user import ServiceUser, service_user

LOCK = "supervisor.lock"
NAME = "postgresql-18"

# Root's data cannot lie in /root: the service user could not reach it.
ROOT_DATA = Path("/var/lib/clone-cqrs")


def default_data_directory() -> Path:
    """Where the embedded server keeps its data unless told otherwise: in the user's data directory."""
    return (ROOT_DATA if os.geteuid() == 0 else user_data_path("clone-cqrs")) / NAME


def temporary_home() -> Path:
    """A new, empty directory that the service user can reach."""
    user = _service_user()
    for root in (Path(tempfile.gettempdir()), Path("/tmp"), Path("/var/tmp")):
        if root.is_dir() and user.can_enter(root):
            return Path(tempfile.mkdtemp(prefix="clone-cqrs-", dir=root))
    raise EmbeddedServerError(
        f"PostgreSQL would run as {user.name}, who cannot enter {tempfile.gettempdir()}; set TMPDIR to a directory it can"
    )


def prepare_home(home: Path) -> ServiceUser:
    """Make sure that `home` exists and is ours, and tell who the server in it runs as: its owner, never root.

    An existing directory keeps its modes; an empty one of root's is given to the service user.
    Raises: EmbeddedServerError when it is something else, or the rights do not suffice.
    """
    try:
        _create(home)
        user = _owner(home)
        if not (home / LOCK).exists():
            _refuse_what_is_not_ours(home)
        return user
    except OSError as error:
        raise EmbeddedServerError(
            f"cannot use the data directory {home} as user {_own_name()}: {error.strerror}; choose one that this user can write"
        ) from error


def try_lock(home: Path, user: ServiceUser) -> int | None:
    """A descriptor that holds the lock of `home`, or None when another process holds it."""
    try:
        descriptor = os.open(home / LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        if os.fstat(descriptor).st_uid != user.uid:
            os.fchown(descriptor, user.uid, user.gid)
    except OSError as error:
        raise EmbeddedServerError(f"cannot lock {home / LOCK} as user {_own_name()}: {error.strerror}") from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    return descriptor


def _create(home: Path) -> None:
    missing = [path for path in reversed(home.parents) if not path.exists()]
    for parent in missing:
        parent.mkdir(exist_ok=True)
        if os.geteuid() == 0:
            parent.chmod(0o755)  # whatever root's umask: the service user has to pass
    home.mkdir(mode=0o700, exist_ok=True)


def _owner(home: Path) -> ServiceUser:
    if not home.is_dir():
        raise EmbeddedServerError(f"{home} is not a directory; choose another data directory")
    if os.geteuid() == 0 and home.stat().st_uid == 0:
        user = _service_user()
        if not any(home.iterdir()):
            os.chown(home, user.uid, user.gid, follow_symlinks=False)
        elif home.stat().st_uid == 0:  # still: no other process of root's has given it away meanwhile
            raise EmbeddedServerError(
                f"{home} belongs to root and is not empty, but PostgreSQL does not run as root; "
                "choose another data directory, or an empty one"
            )
    status = home.stat()
    owner = ServiceUser.owning(status.st_uid, status.st_gid)
    if os.geteuid() not in (0, owner.uid):
        raise EmbeddedServerError(
            f"the data directory {home} belongs to {owner.name}; run as that user, or choose another data directory"
        )
    return owner


def _refuse_what_is_not_ours(home: Path) -> None:
    foreign = [entry.name for entry in home.iterdir() if entry.name != LOCK]
    if not foreign or (home / LOCK).exists():  # or another process has just begun to use it
        return
    if "PG_VERSION" in foreign:
        raise EmbeddedServerError(
            f"{home} is the data directory of another PostgreSQL server; start that server and give its DSN instead, "
            "or choose another directory"
        )
    raise EmbeddedServerError(f"{home} is not empty and holds other things; choose another data directory")


def _service_user() -> ServiceUser:
    try:
        return service_user()
    except LookupError as error:
        raise EmbeddedServerError(f"PostgreSQL does not run as root, and {error}; run as another user") from error


def _own_name() -> str:
    return ServiceUser.owning(os.geteuid(), os.getegid()).name
