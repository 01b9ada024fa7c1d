"""Passwords become argon2id hashes, in threads of their own."""

from __future__ import annotations

import asyncio
import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from argon2 import PasswordHasher, Type
from pydantic import SecretStr


@dataclass(frozen=True, slots=True)
class PasswordCost:
    """What one hash costs: passes over the memory, the memory in KiB, and the threads that share the work.

    By default the second recommended option of RFC 9106 section 4. Each hash keeps its cost in its text, so it can change
    between releases. Whoever creates many throw-away users (tests, demos) may take CHEAPEST.
    """

    passes: int = 3
    memory_kib: int = 64 * 1024
    threads: int = 4


CHEAPEST = PasswordCost(passes=1, memory_kib=8, threads=1)
"""The least that argon2 allows: protects nothing."""


class PasswordHashing:
    """Hashes passwords at one cost, at most as many at a time as there are processors.

    The bound is the memory's: at the default cost, a hundred commands in flight would otherwise take 6 GiB.
    """

    def __init__(self, cost: PasswordCost | None = None) -> None:
        cost = cost or PasswordCost()
        self._hasher = PasswordHasher(
            time_cost=cost.passes, memory_cost=cost.memory_kib, parallelism=cost.threads, type=Type.ID
        )
        self._threads = ThreadPoolExecutor(max_workers=os.cpu_count() or 1, thread_name_prefix="password")

    async def hash(self, password: SecretStr) -> str:
        """The hash in its usual text form ($argon2id$...), with a random salt."""
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(self._threads, self._hasher.hash, password.get_secret_value())
