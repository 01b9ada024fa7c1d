"""Start a program as the service user, so that it never outlives the process that started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from clone_cqrs.postgres.embedded._service_user import ServiceUser

LAUNCH = Path(__file__).with_name("_launch.py")


def launch(
    command: Sequence[str | Path],
    user: ServiceUser,
    *,
    directory: Path,
    output: IO[bytes] | int,
    death_signal: signal.Signals = signal.SIGINT,
) -> subprocess.Popen[bytes]:
    """Start `command` as `user` in a session of its own, working in `directory`, stdout and stderr to `output`.

    The kernel sends it `death_signal` when the calling thread ends (Linux): call from a thread that lives as long
    as the program shall, which is the main thread.
    The environment is not handed down: PGPORT, PGHOST, PGOPTIONS and the like of the caller must not reach the server.
    """
    uid, gid = (user.uid, user.gid) if user.is_someone_else else (-1, -1)
    return subprocess.Popen(
        [
            sys.executable,
            "-I",  # neither PYTHON* variables nor the user's site-packages
            "-S",
            str(LAUNCH),
            *(str(number) for number in (os.getpid(), uid, gid, int(death_signal))),
            *(str(argument) for argument in command),
        ],
        cwd=directory,
        env={"PATH": os.defpath, "HOME": str(directory), "LC_ALL": "C", "TZ": "UTC"},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the terminal is not for the server
    )
