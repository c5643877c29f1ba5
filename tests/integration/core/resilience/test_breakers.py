import pytest

from core.resilience.breaker.errors import BreakerOpenError
from core.resilience.breaker.standing import State
from tests.integration.core.resilience.worlds import Memory, Real

NAME = "pay"


@pytest.fixture(params=["memory", "real"])
def world(request):
    if request.param == "memory":
        return Memory()
    client, database = map(request.getfixturevalue, ("redis_client", "database"))
    return Real(client, database)


def call(breakers, *, ok=True, times=1, seconds=0.0):
    for _ in range(times):
        breakers.report(breakers.acquire(NAME), ok=ok, seconds=seconds)


def fail(breakers, times=5):
    permits = [breakers.acquire(NAME) for _ in range(times)]
    for permit in permits:
        breakers.report(permit, ok=False, seconds=0)
    return breakers.sync(NAME)


def refusal(breakers):
    with pytest.raises(BreakerOpenError) as caught:
        breakers.acquire(NAME)
    return caught.value


def tried(world, **settings):
    """A process whose breaker is open, at the moment when it may be tried."""
    breakers = world.process(reset_timeout=world.unit, **settings)
    fail(breakers)
    world.pass_time(world.unit)
    return breakers


def test_it_opens_at_the_threshold(world):
    breakers = world.process()
    assert fail(breakers, times=4).state is State.CLOSED
    assert fail(breakers, times=1).state is State.OPEN
    assert 0 < refusal(breakers).retry_after <= 30


@pytest.mark.parametrize("window", ["time", "count"])
def test_absurd_counts_are_counted_like_others(world, window):
    breakers, other = world.process(window=window), world.process("there", window=window)
    for each in (other, breakers, breakers):
        each.report(each.acquire(NAME), ok=True, seconds=0, calls=2**53)
        assert each.sync(NAME).state is State.CLOSED
    assert [tally.calls for tally in breakers.tallies(NAME) if tally.reporter == "here"] >= [2**53]
    assert len(breakers.tallies(NAME)) == (2 if window == "time" else 1)


def test_it_stays_closed_while_enough_goes_well(world):
    breakers = world.process()
    call(breakers, times=6)
    assert fail(breakers, times=5).state is State.CLOSED
    assert fail(breakers, times=1).state is State.OPEN


def test_all_processes_together_open_it_for_all(world):
    first, second = world.process(), world.process()
    call(second)
    assert fail(first, times=4).state is State.CLOSED
    assert fail(second, times=1).state is State.OPEN
    first.tend([NAME])
    refusal(first)


def test_as_many_probes_as_permitted_among_all_processes(world):
    first, second = tried(world), world.process()
    probes = [each.acquire(NAME) for each in (first, second, first)]
    assert all(probe.lease for probe in probes)
    refusal(first)
    refusal(second)


def test_it_closes_once_all_probes_have_passed(world):
    breakers = tried(world, probes=2)
    probes = [breakers.acquire(NAME) for _ in range(2)]
    breakers.report(probes[0], ok=True, seconds=0)
    refusal(breakers)
    breakers.report(probes[1], ok=True, seconds=0)
    assert not breakers.acquire(NAME).lease
    assert [new for _, new in world.history] == ["opening", "open", "half_open", "closed"]


def test_a_failed_probe_opens_it_again_and_the_others_do_not_count(world):
    breakers = tried(world)
    first, second, third = [breakers.acquire(NAME) for _ in range(3)]
    breakers.report(first, ok=False, seconds=0)
    for late in (second, third):
        breakers.report(late, ok=True, seconds=0)
    assert breakers.sync(NAME).state is State.OPEN


def test_a_slow_probe_is_a_failed_one(world):
    breakers = tried(world, timeout=2)
    breakers.report(breakers.acquire(NAME), ok=True, seconds=3)
    assert breakers.sync(NAME).state is State.OPEN


def test_the_place_of_a_lost_probe_is_given_again(world):
    breakers = tried(world, probes=1, timeout=world.unit)
    lost = breakers.acquire(NAME)
    world.pass_time(world.unit * 1.2)
    again = breakers.acquire(NAME)
    breakers.report(lost, ok=True, seconds=0)
    assert breakers.sync(NAME).state is State.HALF_OPEN
    breakers.report(again, ok=True, seconds=0)
    assert breakers.sync(NAME).state is State.CLOSED


def test_the_place_of_an_abandoned_probe_is_free(world):
    breakers = tried(world, probes=1)
    breakers.abandon(breakers.acquire(NAME))
    assert breakers.acquire(NAME).lease


def test_calls_from_before_do_not_count(world):
    breakers = world.process()
    late = [breakers.acquire(NAME) for _ in range(5)]
    fail(breakers)
    for permit in late:
        breakers.report(permit, ok=False, seconds=0)
    assert breakers.sync(NAME).version == 3
    assert sum(tally.calls for tally in breakers.tallies(NAME)) == 0


def test_an_emptied_store_closes_nothing(world):
    breakers = world.process()
    fail(breakers)
    world.wipe()
    newcomer = world.process()
    refusal(newcomer)
    breakers.tend([NAME])
    refusal(breakers)


def test_an_emptied_store_gets_back_its_probes_too(world):
    breakers = tried(world, probes=1)
    breakers.acquire(NAME)
    world.wipe()
    assert world.process(probes=1).sync(NAME).state is State.HALF_OPEN


def test_slow_calls_open_it(world):
    breakers = world.process(timeout=1)
    call(breakers, times=5, seconds=1.5)
    breakers.sync(NAME)
    refusal(breakers)


def test_a_window_of_calls_forgets_the_older_ones(world):
    breakers = world.process(window="count", window_calls=10, failure_rate=0.5)
    for _ in range(3):
        call(breakers, times=2)
        breakers.sync(NAME)
    fail(breakers, times=4)
    assert sum(tally.calls for tally in breakers.tallies(NAME)) == 10
    assert fail(breakers, times=3).state is State.OPEN


def test_a_window_of_time_forgets_the_older_ones(world):
    breakers = world.process(window_seconds=world.unit * 10)
    fail(breakers, times=4)
    world.pass_time(world.unit * 11)
    assert fail(breakers, times=4).state is State.CLOSED


def test_one_bad_node_keeps_away_alone(world):
    bad, good, other = (world.process(reporter) for reporter in ("bad", "good", "other"))
    for node in (good, other):
        call(node, times=2)
        node.sync(NAME)
    assert fail(bad, times=10).state is State.CLOSED
    refusal(bad)
    assert good.sync(NAME).state is State.CLOSED
    good.acquire(NAME)


def test_a_node_that_kept_away_comes_back(world):
    bad, good, other = (
        world.process(reporter, reset_timeout=world.unit) for reporter in ("bad", "good", "other")
    )
    for node in (good, other):
        call(node, times=2)
        node.sync(NAME)
    fail(bad, times=10)
    world.pass_time(world.unit * 1.2)
    assert bad.acquire(NAME)


def test_most_nodes_bad_open_it_for_all(world):
    nodes = [world.process(reporter) for reporter in ("one", "two", "three")]
    call(nodes[0])
    nodes[0].sync(NAME)
    for node in nodes[1:]:
        fail(node, times=3)
    nodes[0].tend([NAME])
    refusal(nodes[0])


def test_metrics_only_decides_and_refuses_nothing(world):
    breakers = world.process(mode="metrics", reset_timeout=world.unit, probes=1)
    fail(breakers)
    assert not breakers.acquire(NAME).lease
    world.pass_time(world.unit)
    assert [bool(breakers.acquire(NAME).lease) for _ in range(2)] == [True, False]
    assert [new for _, new in world.history] == ["opening", "open", "half_open"]


def test_a_closed_one_lets_more_and_more_through(world):
    breakers = tried(world, probes=1, ramp_seconds=world.unit * 10)
    breakers.report(breakers.acquire(NAME), ok=True, seconds=0)
    passed = 0
    for _ in range(200):
        try:
            breakers.acquire(NAME)
            passed += 1
        except BreakerOpenError:
            pass
    assert 0 < passed < 100
    world.pass_time(world.unit * 10)
    assert len([breakers.acquire(NAME) for _ in range(20)]) == 20
