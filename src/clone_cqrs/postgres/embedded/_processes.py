"""Which processes belong to a server. Standard library only: used inside the supervisor."""

import os
import subprocess
import sys
from pathlib import Path


def exists(pid: int) -> bool:
    """Whether any process, of whomever, has this pid."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def is_server(pid: int, data: Path) -> bool:
    """Whether this process is a postmaster on this data directory, not a stranger who got its pid."""
    if sys.platform == "linux":
        try:
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (FileNotFoundError, ProcessLookupError):
            return False
        return os.fsencode(data) in arguments
    command = ["/bin/ps", "-ww", "-o", "command=", "-p", str(pid)]
    listing = subprocess.run(command, capture_output=True, check=False)
    return os.fsencode(data) in listing.stdout


def sessions_of(data: Path) -> list[int]:
    """The pids of all of PostgreSQL's processes on this data directory that we may look at; none but on Linux."""
    return [int(process.name) for process in Path("/proc").glob("[0-9]*") if _works_in(process, data)]


def _works_in(process: Path, data: Path) -> bool:
    try:
        program = os.readlink(process / "exe").removesuffix(" (deleted)")
        return os.path.basename(program) == "postgres" and os.readlink(process / "cwd") == str(data)
    except OSError:  # it ended, or is another user's
        return False
