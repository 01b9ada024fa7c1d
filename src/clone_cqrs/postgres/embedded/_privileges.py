"""Inside a child process: become the service user, die with the parent, become another program."""

import ctypes
import os
import signal
import sys
from typing import NoReturn

PR_SET_PDEATHSIG = 1

# Loaded while still privileged: its file may lie where the service user cannot read.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def drop_privileges(uid: int, gid: int) -> None:
    """Become this user for good, without supplementary groups; uid -1 stays who we are."""
    if uid != -1:
        os.setgroups([gid])
        os.setgid(gid)  # from root, these set the real and the saved ids, too
        os.setuid(uid)


def die_with_parent(parent: int, death_signal: int) -> None:
    """Have the kernel send `death_signal` to this process when the *thread* that started it ends, SIGKILL included.

    Survives exec. Call after privileges are dropped: the kernel forgets it when credentials change.
    Only Linux has this; elsewhere a parent that is killed leaves this process running.
    """
    # An inherited "ignore" (a shell's background job) would survive the exec and swallow the signal.
    signal.signal(death_signal, signal.SIG_DFL)
    if _libc is not None and _libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # it ended before the signal was set
        sys.exit("the process that started this one is gone")


def become_command(arguments: list[str]) -> NoReturn:
    """PARENT UID GID SIGNAL COMMAND...: exec COMMAND as that user, tied to the life of the process PARENT."""
    parent, uid, gid, death_signal = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    drop_privileges(uid, gid)
    die_with_parent(parent, death_signal)
    os.umask(0o077)
    execute(command)


def execute(command: list[str]) -> NoReturn:
    """Become `command`, with nothing of the caller's environment: PGPORT, PGOPTIONS, LD_LIBRARY_PATH are not for it."""
    os.execve(command[0], command, {"PATH": os.defpath, "HOME": os.getcwd(), "LC_ALL": "C", "TZ": "UTC"})
