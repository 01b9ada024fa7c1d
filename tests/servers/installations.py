"""Where the PostgreSQL versions that the tests run on are installed."""

from pathlib import Path

from clone_cqrs.postgres.embedded import EmbeddedServerError
from clone_cqrs.postgres.embedded._installation import installation_for
from clone_cqrs.postgres.embedded._service_user import service_user

VERSIONS = ("15", "18")


def bin_directory(version: str) -> Path:
    """The directory with `postgres` and `initdb` of this major version, where the service user can execute them.

    Raises: FileNotFoundError saying what to install.
    """
    match version:
        case "15":
            directory = Path("/usr/lib/postgresql/15/bin")
            if not (directory / "initdb").exists():
                raise FileNotFoundError("PostgreSQL 15 is not installed: apt-get install postgresql-15")
            return directory
        case "18":
            try:
                return installation_for(service_user()).bin_directory
            except EmbeddedServerError as error:
                raise FileNotFoundError(f"PostgreSQL 18: {error}") from error
        case _:
            raise ValueError(f"no PostgreSQL {version} here")
