"""Processor time of a server: of its postmaster and everything that it has started."""

from __future__ import annotations

import os
from pathlib import Path

import asyncpg


async def postmaster(connection: asyncpg.Connection) -> int:
    """The process that this connection's backend belongs to."""
    return _parent(await connection.fetchval("SELECT pg_backend_pid()"))


def seconds(postmaster_pid: int) -> float:
    """User and system time so far, that of processes which have ended included."""
    _, own, ended = _times(postmaster_pid)
    ticks = own + ended
    for directory in Path("/proc").iterdir():
        if directory.name.isdecimal():
            try:
                parent, own, _ = _times(int(directory.name))
            except (FileNotFoundError, ProcessLookupError):
                continue
            ticks += own if parent == postmaster_pid else 0
    return ticks / os.sysconf("SC_CLK_TCK")


def _parent(pid: int) -> int:
    return _times(pid)[0]


def _times(pid: int) -> tuple[int, int, int]:
    """(parent, ticks of its own, ticks of its children that have ended)."""
    fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    return int(fields[1]), int(fields[11]) + int(fields[12]), int(fields[13]) + int(fields[14])
