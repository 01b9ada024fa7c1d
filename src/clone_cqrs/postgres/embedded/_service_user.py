"""Who PostgreSQL runs as: the user of this process or, since it refuses root, an existing system user."""

import os
import pwd
from dataclasses import dataclass

# Debian's and most packages' own user first; `nobody` exists everywhere. None is ever added.
CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True)
class ServiceUser:
    """The user that the server's files belong to and its processes run as."""

    name: str
    uid: int
    gid: int

    @property
    def is_someone_else(self) -> bool:
        """Whether privileges have to be dropped to become this user."""
        return self.uid != os.geteuid()


def service_user() -> ServiceUser:
    """The user PostgreSQL shall run as: our own, or for root the first of CANDIDATES that exists.

    Raises: LookupError when root finds none of them.
    """
    if os.geteuid() != 0:
        return ServiceUser(_own_name(), os.geteuid(), os.getegid())
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return ServiceUser(name, entry.pw_uid, entry.pw_gid)
    raise LookupError(f"none of the system users {', '.join(CANDIDATES)} exists")


def _own_name() -> str:
    try:
        return pwd.getpwuid(os.geteuid()).pw_name
    except KeyError:  # a container run under a bare uid
        return str(os.geteuid())
