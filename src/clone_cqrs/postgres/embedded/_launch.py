"""Exec a program as another user, tied to the life of its parent.

Run by path, as a script: `_launch.py PARENT UID GID SIGNAL COMMAND...`
PARENT: the pid of the process that runs this script; UID, GID: whom to become, -1 to stay; SIGNAL: its number, sent to
COMMAND by the kernel when the *thread* that started this script ends, SIGKILL included.

A script between fork and exec, because the death signal must be set after the privileges are dropped (the kernel clears
it when credentials change), and because code run between fork and exec of a process with threads can deadlock.
Only Linux has the death signal; elsewhere COMMAND merely starts.
"""

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main(arguments: list[str]) -> None:
    parent, uid, gid, death_signal = (int(argument) for argument in arguments[:4])
    command = arguments[4:]
    # An inherited "ignore" (a shell's background job) would survive the exec and swallow the death signal.
    signal.signal(death_signal, signal.SIG_DFL)
    # Loaded while still privileged: the interpreter may live where the other user cannot read.
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None
    if uid != -1:
        os.setgroups([gid])
        os.setresgid(gid, gid, gid)
        os.setresuid(uid, uid, uid)
    if libc is not None and libc.prctl(PR_SET_PDEATHSIG, death_signal, 0, 0, 0) != 0:
        sys.exit(f"prctl: {os.strerror(ctypes.get_errno())}")
    if os.getppid() != parent:  # the parent ended before the signal was set
        sys.exit("the process that started this one is gone")
    os.umask(0o077)
    os.execv(command[0], command)


if __name__ == "__main__":
    main(sys.argv[1:])
