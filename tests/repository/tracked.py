"""The files of the repository: tracked, or new and not ignored."""

import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]


@cache
def files() -> tuple[Path, ...]:
    """Raises: CalledProcessError, FileNotFoundError outside a git clone, where nobody can tell what belongs to it."""
    # Root may look at a clone that belongs to somebody else, which git calls dubious.
    listed = subprocess.run(
        ["git", "-c", "safe.directory=*", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        check=True,
        stdout=subprocess.PIPE,
    )
    names = sorted({name for name in listed.stdout.decode().split("\0") if name})
    return tuple(ROOT / name for name in names if (ROOT / name).is_file())


def texts() -> dict[str, str]:
    """The text of each file that is text, by its name from the root."""
    found = {}
    for path in files():
        content = path.read_bytes()
        if b"\0" not in content:
            found[path.relative_to(ROOT).as_posix()] = content.decode("utf-8")
    return found
