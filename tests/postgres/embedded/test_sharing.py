"""One server for all the processes that use it, for as long as one of them lives."""

import asyncio
import multiprocessing
import os
import signal
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

import pytest
from tests.postgres.embedded.processes import SOURCES, Holder, postmaster_of, supervisor_of, wait_for, wait_until_unused
from tests.postgres.embedded.test_starting import ask
from tests.servers.postgresql import is_alive, wait_until_gone

from clone_cqrs.postgres.embedded import start_embedded


def test_two_processes_share_one_server_and_the_second_survives_the_death_of_the_first(home: Path) -> None:
    with Holder(home) as first, Holder(home) as second:
        assert first.ready() == second.ready()
        postmaster = postmaster_of(home)
        first.kill()
        assert asyncio.run(ask(second.ready(), "SELECT 1")) == 1
        assert postmaster_of(home) == postmaster
        assert is_alive(postmaster)
        second.let_go()
    wait_until_gone(postmaster, deadline_s=0)


def test_leaves_no_process_when_the_only_user_is_killed(home: Path) -> None:
    with Holder(home) as holder:
        holder.ready()
        postmaster, supervisor = postmaster_of(home), supervisor_of(home)
        holder.kill()
    wait_until_unused(home)
    wait_until_gone(supervisor)
    assert not is_alive(postmaster)


def test_leaves_no_process_when_the_user_is_killed_while_the_server_starts(home: Path) -> None:
    with Holder(home) as holder:
        wait_for((home / "supervisor.json").exists, "the supervisor")
        holder.kill()
    wait_until_unused(home)
    assert not (home / "data" / "postmaster.pid").exists()


def test_removes_a_temporary_directory_when_its_user_is_killed() -> None:
    with Holder(None) as holder:
        holder.ready()
        assert holder.home.is_dir()
        holder.kill()
        wait_for(lambda: not holder.home.exists(), "the removal of the directory")


def test_eight_processes_that_start_at_once_share_one_server(home: Path) -> None:
    line_up = (
        "import os, time\n"
        "from pathlib import Path\n"
        "import clone_cqrs.postgres.embedded\n"
        f"Path({str(home.parent)!r}, f'waiting-{{os.getpid()}}').touch()\n"
        f"while not Path({str(home.parent)!r}, 'go').exists(): time.sleep(0.001)\n"
    )
    with ExitStack() as stack:
        holders = [stack.enter_context(Holder(home, prologue=line_up)) for _ in range(8)]
        wait_for(lambda: len(list(home.parent.glob("waiting-*"))) == len(holders), "all to be in line")
        (home.parent / "go").touch()
        assert len({holder.ready() for holder in holders}) == 1
        assert (home / "log").read_text().count("ready to accept connections") == 1
        assert not (home / "log.previous").exists()
        postmaster = postmaster_of(home)
        for holder in holders[:-1]:
            holder.kill()
        assert asyncio.run(ask(holders[-1].ready(), "SELECT 1")) == 1
        holders[-1].let_go()
    wait_until_gone(postmaster, deadline_s=0)


async def test_whoever_comes_while_the_last_one_leaves_gets_a_server(home: Path) -> None:
    async def come_and_go() -> None:
        for _ in range(8):
            server = await start_embedded(home)
            assert await ask(server.dsn, "SELECT 1") == 1
            await server.close()

    await asyncio.gather(*(come_and_go() for _ in range(3)))


def test_whoever_is_in_the_queue_of_a_supervisor_that_ends_starts_the_next_one(home: Path) -> None:
    with Holder(home) as first:
        first.ready()
        supervisor = supervisor_of(home)
        os.kill(supervisor, signal.SIGSTOP)
        with Holder(home) as second:
            wait_for(lambda: _sockets_at(home / "supervisor.sock") > 1, "the second in the queue")
            os.kill(supervisor, signal.SIGKILL)
            assert asyncio.run(ask(second.ready(), "SELECT 1")) == 1
            assert supervisor_of(home) != supervisor


def test_the_server_inherits_nothing_from_its_supervisor(home: Path) -> None:
    with Holder(home) as holder:
        holder.ready()
        open_files = [os.readlink(path) for path in Path(f"/proc/{postmaster_of(home)}/fd").iterdir()]
        assert str(home / "supervisor.lock") not in open_files
        # Its listener, and nothing of the supervisor's.
        assert len([name for name in open_files if name.startswith("socket:")]) == 1, open_files
        holder.let_go()


@pytest.mark.parametrize(
    "start_child",
    [
        "os.fork() or (time.sleep(600), os._exit(0))",
        "subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(600)'], close_fds=False).pid",
    ],
    ids=["forked", "another program"],
)
def test_a_child_process_does_not_keep_the_server_running(home: Path, start_child: str) -> None:
    program = (
        "import asyncio, os, subprocess, sys, time\n"
        "from pathlib import Path\n"
        "from clone_cqrs.postgres.embedded import start_embedded\n"
        "server = asyncio.run(start_embedded(Path(sys.argv[1])))\n"
        f"child = {start_child}\n"
        "print(child, flush=True)\n"
        "time.sleep(600)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", program, home],
        env=os.environ | {"PYTHONPATH": str(SOURCES)},
        stdout=subprocess.PIPE,
        text=True,
    ) as user:
        assert user.stdout is not None
        child = int(user.stdout.readline())
        postmaster = postmaster_of(home)
        user.kill()
    try:
        wait_until_unused(home)
        assert not is_alive(postmaster)
        assert is_alive(child)
    finally:
        os.kill(child, signal.SIGKILL)


async def test_closing_ends_the_hold_that_a_forked_child_has_a_copy_of(home: Path) -> None:
    server = await start_embedded(home)
    postmaster = postmaster_of(home)
    context = multiprocessing.get_context("fork")
    stop = context.Event()
    child = context.Process(target=stop.wait)
    child.start()
    try:
        await server.close()
        wait_until_gone(postmaster, deadline_s=0)
        assert child.is_alive()
    finally:
        stop.set()
        child.join()
        child.close()


def _sockets_at(path: Path) -> int:
    """How many sockets the kernel knows under this path: the listener, and each connection to it."""
    return sum(line.endswith(f" {path}") for line in Path("/proc/net/unix").read_text().splitlines())
