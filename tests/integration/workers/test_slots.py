"""The wake-ups of the digest follow the size of the pools that digest."""

from datetime import timedelta

import pytest

from core.digest.wake import KIND
from core.store import agents
from core.store.counters import MemoryCounters
from core.store.heartbeat import Heartbeat
from workers.pools import load
from workers.slots import Slots


@pytest.fixture
def counters(clock):
    return MemoryCounters(clock)


@pytest.fixture
def slots(database, counters, clock):
    return Slots(database, counters, clock, load())


@pytest.fixture
def host(database, clock):
    def report(name, *, pool="ingest", target=1, seconds_ago=0):
        told = Heartbeat(pool=pool, host=name, target=target, running=1, state="running", detail={})
        with database.transaction() as session:
            agents.report(session, told, now=clock.now() - timedelta(seconds=seconds_ago))

    return report


def taken(counters):
    tokens = [counters.take(KIND, slots=2, ttl=30) for _ in range(10)]
    return sum(token is not None for token in tokens)


def test_there_is_one_for_each_child_on_all_hosts(slots, counters, host):
    host("a", target=3)
    host("b", target=2)
    slots.allow()
    assert taken(counters) == 5


def test_pools_that_do_not_digest_have_no_part_in_it(slots, counters, host):
    host("a", target=3)
    host("a", pool="general", target=4)
    host("a", pool="critical", target=4)
    slots.allow()
    assert taken(counters) == 3


def test_hosts_that_are_silent_have_no_part_in_it(slots, counters, host):
    host("a", target=3)
    host("b", target=2, seconds_ago=30)
    slots.allow()
    assert taken(counters) == 3


def test_without_any_host_one_may_be_sent(slots, counters):
    slots.allow()
    assert taken(counters) == 1


def test_without_a_word_from_the_fleet_there_are_two(counters):
    assert taken(counters) == 2
