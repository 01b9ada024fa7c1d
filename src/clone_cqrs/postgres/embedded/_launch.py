"""Start a program as the service user, so that it never outlives the process that started it."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import IO

from clone_cqrs.postgres.embedded._service_user import ServiceUser

# Neither PYTHON* variables nor anything installed has a say in what runs as another user.
CHILD = (sys.executable, "-I", "-S", str(Path(__file__).with_name("_child.py")))


def interpreter_environment() -> dict[str, str]:
    """What our interpreter may need to start, and none of the caller's secrets: another user will own the process."""
    return {name: os.environ[name] for name in ("PATH", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH") if name in os.environ}


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
    """
    # A script between fork and exec, since code run there in a process with threads can deadlock.
    return subprocess.Popen(
        [
            *CHILD,
            "launch",
            *(str(number) for number in (os.getpid(), *user.to_become, int(death_signal))),
            *(str(argument) for argument in command),
        ],
        cwd=directory,
        env=interpreter_environment(),
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=True,  # Ctrl-C in the terminal is not for the server
    )
