import pytest

from core.digest.drain import BUDGET_SECONDS, PAUSE_SECONDS, SMALL_BATCH, Drain
from core.digest.sweeping import sweep
from core.digest.wake import KIND, Wake
from core.store.counters import MemoryCounters, Token
from tests.integration.core.digest.world import World, failure


class Queue:
    """What was published, and a worker that takes it."""

    def __init__(self, world):
        self.clock = world.clock
        self.world = world
        self.counters = MemoryCounters(world.clock)
        self.messages = []
        self.pauses = []
        self.batches = []
        self.wake = Wake(self.counters, self.messages.append, slots=2)
        self.digester = world.digester()

    def drain(self, *, pause=None):
        return Drain(
            self.digester,
            self.wake,
            clock=self.clock,
            pause=pause or self.pauses.append,
            observe=lambda batch, _seconds: self.batches.append(batch),
        )

    def work(self, **values):
        return self.drain(**values).run(Token.parse(self.messages.pop(0)))

    def free(self):
        tokens = [self.counters.take(KIND, slots=2, ttl=1) for _ in range(2)]
        for token in filter(None, tokens):
            self.counters.release(token)
        return sum(token is not None for token in tokens)


@pytest.fixture
def queue(world):
    return Queue(world)


def test_a_message_empties_the_inbox_and_frees_its_slot(world, queue):
    world.put(*(failure(number) for number in range(5)))
    queue.wake.now()
    drained = queue.work()
    assert (drained.rows, drained.emptied) == (5, True)
    assert (queue.free(), queue.messages) == (2, [])


def test_a_row_that_came_while_all_slots_were_taken_is_seen_at_the_end(world, queue):
    """Its wake-up found no free slot; the look after the release finds the row."""
    world.put(failure(1))
    queue.wake.now()
    queue.wake.now()

    def arrives_late(_seconds):
        pass

    digest = queue.digester.batch

    def batch():
        done = digest()
        if not done.rows and world.totals().stored == 1:
            world.put(failure(2))
            assert not queue.wake.now()
        return done

    queue.digester.batch = batch
    queue.work(pause=arrives_late)
    assert len(queue.messages) == 2
    queue.digester.batch = digest
    while queue.messages:
        queue.work()
    assert world.totals().pending == 0


def test_rows_that_another_worker_holds_wake_nobody(world, queue):
    world.put(failure(1))
    queue.wake.now()
    with world.database.transaction() as session:
        session.connection().exec_driver_sql("SELECT 1 FROM inbox FOR UPDATE")
        queue.work()
    assert queue.messages == []


def test_when_its_time_is_over_a_drain_sends_another_message(database, clock):
    world = World(database, clock, size=1)
    queue = Queue(world)
    world.put(failure(1), failure(2), failure(3))
    queue.wake.now()
    drained = queue.work(pause=lambda _seconds: clock.advance(BUDGET_SECONDS))
    assert (drained.batches, drained.emptied, len(queue.messages)) == (1, False, 1)
    queue.work()
    assert world.totals().pending == 0


def test_a_small_batch_is_followed_by_a_pause_and_a_large_one_is_not(world, queue):
    world.put(*(failure(number) for number in range(SMALL_BATCH)))
    queue.wake.now()
    queue.work()
    assert queue.pauses == []
    world.put(failure(1_000))
    queue.wake.now()
    queue.work()
    assert queue.pauses == [PAUSE_SECONDS]


def test_every_batch_is_observed(world, queue):
    world.put(failure(1), failure(1))
    queue.wake.now()
    queue.work()
    (batch,) = queue.batches
    assert (batch.stored, batch.duplicates, batch.oldest) == (1, 1, world.clock.now())


def test_a_failing_batch_frees_the_slot(world, queue):
    world.execute("DROP TABLE issue_minutes")
    world.put(failure(1))
    queue.wake.now()
    with pytest.raises(Exception, match="issue_minutes"):
        queue.work()
    assert queue.free() == 2


def test_a_message_without_a_token_works_too(world, queue):
    world.put(failure(1))
    assert queue.drain().run(None).rows == 1


def test_with_redis_away_a_drain_still_digests(world, queue):
    world.put(failure(1))
    queue.wake.now()
    queue.counters.down = True
    assert queue.work().rows == 1


def test_the_sweeper_wakes_somebody_for_rows_that_nobody_noticed(world, queue):
    assert not sweep(world.database, queue.wake)
    world.put(failure(1))
    assert sweep(world.database, queue.wake)
    assert len(queue.messages) == 1


def test_the_sweeper_needs_no_redis(world, queue):
    world.put(failure(1))
    queue.counters.down = True
    sweep(world.database, queue.wake)
    assert queue.messages == [None]
