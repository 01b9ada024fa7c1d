"""An interpreter, with the packages, that a user other than root can run."""

import shutil
import sys
import sysconfig
from dataclasses import dataclass
from pathlib import Path

from tests.postgres.embedded.processes import SOURCES

from clone_cqrs.postgres.embedded._service_user import ServiceUser

# Large, and nothing that a process with an embedded server imports.
LEFT_OUT = shutil.ignore_patterns("__pycache__", "test", "tests", "idlelib", "config-3*", "*.a", "mypy*", "ruff*", "grimp*")


@dataclass(frozen=True)
class Interpreter:
    """A command that runs Python without warnings let pass, and what belongs in PYTHONPATH."""

    command: tuple[str | Path, ...]
    sources: tuple[Path, ...]
    environment: dict[str, str]


def interpreter_for(user: ServiceUser, directory: Path) -> Interpreter:
    """One that `user` can run: this one, or where it lies in a private directory (as of root's) a copy in `directory`."""
    python, packages = Path(sys.executable).resolve(), Path(sysconfig.get_path("purelib"))
    environment = packages.parents[2] / "pyvenv.cfg"
    needed = (python, Path(sysconfig.get_path("stdlib")) / "os.py", *([environment] if environment.exists() else []))
    if all(user.can_read(path) for path in (*needed, SOURCES / "clone_cqrs" / "messages" / "__init__.py")):
        return Interpreter((sys.executable, "-W", "error"), (SOURCES,), {})
    if not all(user.can_read(path) for path in needed[:2]):
        python = _copy_of_python(python, directory)
    sources = (directory / "src", directory / "packages")
    shutil.copytree(SOURCES, sources[0], ignore=LEFT_OUT)
    shutil.copytree(packages, sources[1], ignore=LEFT_OUT)
    _open_to_all(directory)
    libraries = {"LD_LIBRARY_PATH": str(python.parents[1] / "lib")}  # a copy of a shared libpython is found there
    return Interpreter((python, "-S", "-W", "error"), sources, libraries)


def _copy_of_python(python: Path, directory: Path) -> Path:
    """Python finds its library relative to itself."""
    standard_library = Path(sysconfig.get_path("stdlib"))
    shutil.copytree(
        standard_library,
        directory / "python" / sys.platlibdir / standard_library.name,
        ignore=lambda path, names: LEFT_OUT(path, names) | {"site-packages"},
    )
    library = Path(sysconfig.get_config_var("LIBDIR"))
    for shared in library.glob("libpython*.so*"):
        shutil.copy(shared, directory / "python" / "lib")
    (directory / "python" / "bin").mkdir()
    return Path(shutil.copy(python, directory / "python" / "bin" / python.name))


def _open_to_all(directory: Path) -> None:
    for path in (directory, *directory.rglob("*")):
        path.chmod(0o755)
