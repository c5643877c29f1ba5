import math
import time

import pytest
import redis

from core.clock import FixedClock, SystemClock
from core.resilience.bucket import (
    BucketError,
    BucketsUnavailableError,
    Cost,
    MemoryBuckets,
    RedisBuckets,
)
from core.resilience.budget import BudgetSettings, RetryBudget
from tests.conftest import NOON


class Memory:
    def __init__(self):
        self.clock = FixedClock(NOON)
        self.buckets = MemoryBuckets(self.clock)

    def wipe(self):
        self.buckets.clear()

    def pass_time(self, seconds):
        self.clock.advance(seconds)


class Real:
    def __init__(self, client):
        self.client = client
        self.clock = SystemClock()
        self.buckets = RedisBuckets(client)

    def wipe(self):
        self.client.flushdb()

    def pass_time(self, seconds):
        time.sleep(seconds)


@pytest.fixture(params=["memory", "redis"])
def world(request):
    if request.param == "memory":
        return Memory()
    return Real(request.getfixturevalue("redis_client"))


@pytest.fixture
def buckets(world):
    return world.buckets


def test_a_new_bucket_is_full_and_no_more(buckets):
    assert buckets.take({"a": Cost(10, 10)}).ok
    refused = buckets.take({"a": Cost(1, 10)})
    assert (refused.ok, refused.retry_after) == (False, math.inf)


def test_all_of_them_or_none(buckets):
    buckets.take({"small": Cost(1, 1)})
    assert not buckets.take({"large": Cost(1, 100), "small": Cost(1, 1)}).ok
    assert buckets.peek({"large": Cost(1, 100)}).left == {"large": 100}


def test_what_flows_in(world):
    take = {"a": Cost(10, 10, rate=50)}
    assert world.buckets.take(take).ok
    refused = world.buckets.take(take)
    assert not refused.ok
    assert 0.15 < refused.retry_after <= 0.2
    world.pass_time(refused.retry_after + 0.01)
    assert world.buckets.take(take).ok


def test_it_never_holds_more_than_its_capacity(world):
    world.buckets.take({"a": Cost(1, 5, rate=1000)})
    world.pass_time(0.05)
    assert world.buckets.refund({"a": Cost(5, 5, rate=1000)}) == {"a": 5}


def test_refunds_are_there_for_the_next(buckets):
    buckets.take({"a": Cost(5, 5)})
    buckets.refund({"a": Cost(2, 5)})
    assert [buckets.take({"a": Cost(1, 5)}).ok for _ in range(3)] == [True, True, False]


def test_looking_takes_nothing(buckets):
    for _ in range(3):
        assert buckets.peek({"a": Cost(5, 5)}).ok


def test_a_wiped_bucket_is_full_not_without_limit(world):
    world.buckets.take({"a": Cost(5, 5)})
    world.wipe()
    assert [world.buckets.take({"a": Cost(5, 5)}).ok for _ in range(2)] == [True, False]


@pytest.mark.parametrize("tokens", [-1, 6])
def test_what_no_bucket_can_hold(tokens):
    with pytest.raises(BucketError):
        Cost(tokens, 5)


SETTINGS = BudgetSettings(capacity=30, retry=10, throttled=5, trickle=0)


@pytest.fixture
def budget(world):
    return RetryBudget(world.buckets, world.clock, SETTINGS)


def spent(budget, **options):
    count = 0
    while budget.may_retry("checkout", **options):
        count += 1
    return count


def test_retries_come_to_an_end(budget):
    assert spent(budget) == 3
    assert budget.standing("checkout").refills_in == math.inf
    assert budget.may_retry("other")


def test_throttled_retries_cost_less(budget):
    assert spent(budget, throttled=True) == 6


def test_successes_fill_it(budget):
    spent(budget)
    budget.succeeded("checkout", times=9)
    assert not budget.may_retry("checkout")
    budget.succeeded("checkout")
    assert budget.may_retry("checkout")


def test_a_retry_that_succeeded_gives_back_its_cost(budget):
    spent(budget)
    budget.succeeded("checkout", retried=True)
    assert spent(budget) == 1


def test_without_the_shared_budget_a_process_has_a_part():
    world = Memory()
    budget = RetryBudget(world.buckets, world.clock, SETTINGS)
    world.buckets.down = True
    assert spent(budget) == 1
    budget.succeeded("checkout", times=10)
    assert spent(budget) == 1
    world.buckets.down = False
    world.pass_time(1.5)
    assert spent(budget) == 3


def test_redis_away():
    buckets = RedisBuckets(redis.Redis(port=1))
    with pytest.raises(BucketsUnavailableError):
        buckets.take({"a": Cost(1, 1)})
