import asyncio
import os
import threading

from argon2 import PasswordHasher, extract_parameters
from pydantic import SecretStr
from tests.domain.clone import USER, Clone

from clone_cqrs.commands import CommandBus
from clone_cqrs.domain import CHEAPEST, CreateUserCommand, CreateUserCommandHandler, PasswordCost
from clone_cqrs.domain.users.passwords import PasswordHashing
from clone_cqrs.postgres import in_ambient_transaction


async def test_a_hash_costs_what_rfc_9106_recommends_unless_told_otherwise() -> None:
    parameters = extract_parameters(await PasswordHashing().hash(SecretStr("correct horse")))
    assert (parameters.type.name, parameters.time_cost, parameters.memory_cost, parameters.parallelism) == ("ID", 3, 65_536, 4)
    cheap = await PasswordHashing(PasswordCost(passes=2, memory_kib=64, threads=1)).hash(SecretStr("correct horse"))
    parameters = extract_parameters(cheap)
    assert (parameters.time_cost, parameters.memory_cost, parameters.parallelism) == (2, 64, 1)


async def test_equal_passwords_have_different_hashes() -> None:
    hashing = PasswordHashing(CHEAPEST)
    one, other = await hashing.hash(SecretStr("correct horse")), await hashing.hash(SecretStr("correct horse"))
    assert one != other
    assert PasswordHasher().verify(one, "correct horse")


class Watched(PasswordHashing):
    def __init__(self) -> None:
        super().__init__(CHEAPEST)
        self.in_transaction: list[bool] = []

    async def hash(self, password: SecretStr) -> str:
        self.in_transaction.append(in_ambient_transaction())
        return await super().hash(password)


async def test_a_password_is_hashed_outside_the_transaction_and_once(house: Clone) -> None:
    passwords, commands = Watched(), CommandBus(database=house.database)
    commands.register(CreateUserCommand, CreateUserCommandHandler(house.database, passwords))
    command = CreateUserCommand({**USER, "email": "ada@example.com"}, "system")
    for replayed in (False, True):
        assert (await commands.execute(command)).replayed is replayed
    assert passwords.in_transaction == [False]


class Counting:
    """Stands where argon2 stands, and counts how many are at work."""

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.gate = threading.Barrier(os.cpu_count() or 1, timeout=10)
        self.now = self.most = 0
        self.loop_thread = threading.get_ident()

    def hash(self, _password: str) -> str:
        assert threading.get_ident() != self.loop_thread
        with self.lock:
            self.now += 1
            self.most = max(self.most, self.now)
        self.gate.wait()  # until as many as there are processors are at work
        with self.lock:
            self.now -= 1
        return "hash"


async def test_no_more_are_hashed_at_a_time_than_there_are_processors() -> None:
    hashing, counting = PasswordHashing(CHEAPEST), Counting()
    hashing._hasher = counting  # type: ignore[assignment]
    processors = os.cpu_count() or 1
    await asyncio.gather(*(hashing.hash(SecretStr("correct horse")) for _ in range(3 * processors)))
    assert counting.most == processors
