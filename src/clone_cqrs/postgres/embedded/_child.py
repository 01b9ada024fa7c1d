"""Where the processes started here begin: `_child.py launch ...` and `_child.py supervise ...`, run by path under -I -S.

They need the standard library alone, and load all of it before privileges are dropped: the interpreter, this file and
the packages installed beside it may lie where the service user cannot read. The package's own `__init__` modules would
import drivers and more, so bare packages stand in for them.
"""

import sys
from pathlib import Path
from types import ModuleType

PACKAGE = "clone_cqrs.postgres.embedded"


def _stand_in_for_packages() -> None:
    directory = Path(__file__).resolve().parent
    names = PACKAGE.split(".")
    for depth in range(len(names), 0, -1):
        package = ModuleType(".".join(names[:depth]))
        package.__path__ = [str(directory)]
        sys.modules[package.__name__] = package
        directory = directory.parent


if __name__ == "__main__":
    _stand_in_for_packages()
    if sys.argv[1] == "launch":
        from clone_cqrs.postgres.embedded._privileges import become_command

        become_command(sys.argv[2:])
    else:
        from clone_cqrs.postgres.embedded._supervisor import supervise

        supervise(sys.argv[2])
