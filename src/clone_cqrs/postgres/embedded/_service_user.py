"""Who PostgreSQL runs as: the user of this process or, since it refuses root, an existing system user."""

import os
import pwd
import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Self

# Debian's and most packages' own user first; `nobody` exists everywhere. None is ever added.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class ServiceUser:
    """The user that the server's files belong to and its processes run as."""

    name: str
    uid: int
    gid: int

    @classmethod
    def owning(cls, uid: int, gid: int) -> Self:
        try:
            return cls(pwd.getpwuid(uid).pw_name, uid, gid)
        except KeyError:  # a container run under a bare uid
            return cls(f"uid {uid}", uid, gid)

    @property
    def to_become(self) -> tuple[int, int]:
        """uid and gid to change to, (-1, -1) when we are this user already."""
        return (-1, -1) if self.uid == os.geteuid() else (self.uid, self.gid)

    def can_enter(self, directory: Path) -> bool:
        """Whether the modes of `directory` and of all above let this user through."""
        directory = directory.resolve()
        return all(self._may(path, stat.S_IXOTH) for path in (directory, *directory.parents))

    def can_read(self, file: Path) -> bool:
        """Whether the modes let this user read (and, if the owner may, execute) `file`."""
        needed = stat.S_IROTH | (stat.S_IXOTH if file.stat().st_mode & stat.S_IXUSR else 0)
        return self.can_enter(file.parent) and self._may(file, needed)

    def _may(self, path: Path, needed: int) -> bool:
        status = path.stat()
        if status.st_uid == self.uid:
            granted = status.st_mode >> 6
        elif status.st_gid == self.gid:
            granted = status.st_mode >> 3
        else:
            granted = status.st_mode
        return granted & needed == needed


def service_user() -> ServiceUser:
    """The user PostgreSQL shall run as: our own, or for root the first of CANDIDATES that exists.

    Raises: LookupError when root finds none of them.
    """
    if os.geteuid() != 0:
        return ServiceUser.owning(os.geteuid(), os.getegid())
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"none of the system users {', '.join(CANDIDATES)} exists")
