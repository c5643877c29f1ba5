import asyncio

import pytest

from core.errors import DependencyError
from core.intake.commit import GroupCommit


class Store:
    """Remembers the batches; each write waits until it is let through."""

    def __init__(self):
        self.batches = []
        self.gate = asyncio.Semaphore(0)
        self.failure = None

    async def write(self, things):
        self.batches.append(list(things))
        await self.gate.acquire()
        if self.failure is not None:
            raise self.failure


async def soon():
    for _ in range(5):
        await asyncio.sleep(0)


def run(scenario, **options):
    async def whole():
        store = Store()
        group = GroupCommit(store.write, **options)
        group.start()
        await scenario(store, group)
        for _ in range(10):
            store.gate.release()
        await group.stop()
        return store

    return asyncio.run(whole())


def test_what_arrives_during_a_write_shares_the_next_one():
    async def scenario(store, group):
        puts = [asyncio.create_task(group.put([n])) for n in range(1)]
        await soon()
        puts += [asyncio.create_task(group.put([n, n])) for n in range(1, 4)]
        await soon()
        assert store.batches == [[0]]
        store.gate.release()
        await puts[0]
        await soon()
        assert store.batches == [[0], [1, 1, 2, 2, 3, 3]]
        assert not any(put.done() for put in puts[1:])
        store.gate.release()
        await asyncio.gather(*puts)

    run(scenario)


def test_nobody_waits_for_a_timer():
    async def scenario(store, group):
        store.gate.release()
        await asyncio.wait_for(group.put([1]), 5)

    assert run(scenario).batches == [[1]]


def test_a_failure_is_told_to_all_of_the_batch_and_to_nobody_else():
    async def scenario(store, group):
        store.failure = ValueError("broken")
        puts = [asyncio.create_task(group.put([n])) for n in range(2)]
        store.gate.release()
        assert all(
            isinstance(found, ValueError)
            for found in await asyncio.gather(*puts, return_exceptions=True)
        )
        store.failure = None
        store.gate.release()
        await group.put([2])

    assert run(scenario).batches == [[0, 1], [2]]


def test_a_request_that_was_given_up_hurts_no_other():
    async def scenario(store, group):
        puts = [asyncio.create_task(group.put([n])) for n in range(3)]
        await soon()
        puts[1].cancel()
        store.gate.release()
        found = await asyncio.gather(*puts, return_exceptions=True)
        assert [type(answer) for answer in found] == [
            type(None),
            asyncio.CancelledError,
            type(None),
        ]

    run(scenario)


@pytest.mark.parametrize("options", [{"most": 2}, {"heaviest": 2}])
def test_batches_are_bounded_but_never_empty(options):
    async def scenario(store, group):
        puts = [asyncio.create_task(group.put([n])) for n in range(5)]
        puts.append(asyncio.create_task(group.put(list(range(10)))))
        for _ in range(10):
            store.gate.release()
        await asyncio.gather(*puts)

    assert [len(batch) for batch in run(scenario, **options).batches] == [2, 2, 1, 10]


def test_stopping_writes_what_waits_and_takes_no_more():
    async def scenario(store, group):
        waiting = asyncio.create_task(group.put([1]))
        await soon()
        stopping = asyncio.create_task(group.stop())
        await soon()
        with pytest.raises(DependencyError):
            await group.put([2])
        store.gate.release()
        await stopping
        await waiting

    assert run(scenario).batches == [[1]]
