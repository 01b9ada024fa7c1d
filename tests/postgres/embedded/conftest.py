"""Homes for embedded servers."""

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.postgres.embedded.processes import wait_until_unused
from tests.servers.postgresql import in_memory

# What root alone can try is no test for anyone else; an ordinary user's own way is what all other tests take then.
collect_ignore = [] if os.geteuid() == 0 else ["test_as_root.py"]


@pytest.fixture
def directory() -> Iterator[Path]:
    """An empty directory that every user can enter; pytest's own are private to root."""
    path = Path(tempfile.mkdtemp(prefix="clone-cqrs-home-of-test-", dir=in_memory()))
    path.chmod(0o755)
    yield path
    for lock in path.rglob("supervisor.lock"):
        wait_until_unused(lock.parent)
    shutil.rmtree(path)


@pytest.fixture
def home(directory: Path) -> Path:
    """A data directory that does not exist yet."""
    return directory / "home"
