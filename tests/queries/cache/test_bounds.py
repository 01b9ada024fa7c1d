"""The cache stays within its bounds, and forgets what was not used for longest."""

from uuid import UUID

from tests.queries.questions import GetBag, Score, Scores, score_of, scores_on

from clone_cqrs.dispatch.policies import anyone
from clone_cqrs.queries import QueryBus

USERS = [UUID(int=number) for number in range(1, 11)]


async def cached(bus: QueryBus) -> list[int]:
    """The numbers of the users whose score is in the cache; looks without touching."""
    partition = bus._cache.partition("score.get")
    return sorted(entry.payload.user_id.int for entry in partition)


async def test_evicts_the_least_recently_used_entry() -> None:
    bus = QueryBus(enable_caching=True, max_entries=3)
    scores_on(bus)
    kept = score_of(USERS[0])
    for _ in range(2):
        await bus.execute(kept)  # from the second answer on, the question remembers its entry
    await bus.execute(score_of(USERS[1]))
    await bus.execute(score_of(USERS[2]))
    await bus.execute(kept)
    await bus.execute(score_of(USERS[3]))
    assert await cached(bus) == [1, 3, 4]
    await bus.execute(score_of(USERS[2]))
    await bus.execute(score_of(USERS[4]))
    assert await cached(bus) == [3, 4, 5]
    assert bus.cache_statistics().evictions == 2


async def test_stays_within_its_bytes() -> None:
    bus = QueryBus(enable_caching=True, max_bytes=30_000)

    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> str:
        return "a" * 5_000

    for user in USERS:
        await bus.execute(GetBag({"user_id": user}, "u"))
        assert bus.cache_statistics().bytes <= 30_000
    statistics = bus.cache_statistics()
    assert statistics.entries == 4
    assert statistics.evictions == 6


async def test_does_not_keep_an_answer_larger_than_the_whole_cache_nor_evict_for_it() -> None:
    bus = QueryBus(enable_caching=True, max_bytes=30_000)
    scores_on(bus)

    @bus.handles(GetBag, policy=anyone)
    async def get_bag(query: GetBag) -> str:
        return "a" * 50_000

    await bus.execute(score_of())
    for _ in range(2):
        assert not (await bus.execute(GetBag({"user_id": USERS[0]}, "u"))).from_cache
    statistics = bus.cache_statistics()
    assert (statistics.entries, statistics.evictions, statistics.uncached) == (1, 0, 2)


async def test_counts_bytes_down_to_nothing() -> None:
    bus = QueryBus(enable_caching=True, max_entries=4)
    scores: Scores = scores_on(bus)
    scores.points = dict.fromkeys(USERS, 10**15)
    for user in USERS:
        await bus.execute(score_of(user))
    bus.invalidate_cache(score_of(USERS[-1]))
    assert bus.cache_statistics().entries == 3
    bus.clear_cache()
    assert bus.cache_statistics().bytes == 0
    assert isinstance((await bus.execute(score_of(USERS[0]))).data, Score)
