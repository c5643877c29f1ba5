from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.delays import Fixed, ServerTold
from core.resilience.adaptive import Bounds, Rate, adapt
from core.resilience.backoff import RetryPolicy
from core.resilience.book import known
from core.store.retries import Sum

RAND = Random(5)
POLICY = RetryPolicy(6, Fixed(10))
MANY = 1_000

rates = st.dictionaries(
    st.integers(2, 30),
    st.tuples(st.integers(0, 500), st.integers(0, 500)).map(lambda pair: Rate(*pair)),
)


def share(tried, succeeded):
    return Rate(tried, tried - succeeded)


def delay(policy, **options):
    return policy.backoff.delay(1, rand=RAND, **options)


def test_without_evidence_the_policy_stays_as_it_is():
    assert adapt(POLICY, {}) is POLICY
    assert adapt(POLICY, {2: share(19, 19), 3: share(19, 0)}) == POLICY


def test_attempts_that_never_succeed_are_left_out():
    found = adapt(POLICY, {2: share(MANY, 500), 3: share(500, 50), 4: share(450, 0)})
    assert found.attempts == 3


def test_an_attempt_that_is_worth_nothing_stays_where_later_ones_are():
    found = adapt(POLICY, {2: share(MANY, 0), 3: share(MANY, 0), 4: share(MANY, 900)})
    assert found.attempts == 6


def test_one_retry_stays_whatever_happens():
    assert adapt(POLICY, {n: share(MANY, 0) for n in range(2, 7)}).attempts == 2


def test_where_the_last_one_mostly_succeeds_more_are_added():
    assert adapt(POLICY, {6: share(MANY, 800)}).attempts == 8
    assert adapt(POLICY, {6: share(MANY, 400)}).attempts == 6


@pytest.mark.parametrize(
    ("succeeded", "least", "most"), [(MANY, 5, 5.2), (500, 9.9, 10.1), (0, 19, 20)]
)
def test_the_first_retry_sets_the_pace(succeeded, least, most):
    found = adapt(POLICY, {2: share(MANY, succeeded), 3: share(MANY, 400)})
    assert least <= delay(found) <= most


def test_what_the_failing_side_asked_for_is_not_shortened():
    policy = RetryPolicy(6, ServerTold(Fixed(10), spread=0))
    found = adapt(policy, {2: share(MANY, MANY)})
    assert delay(found) < 10
    assert delay(found, told=30) == 30


def test_what_is_not_retried_is_not_retried_after_all():
    once = RetryPolicy(1, Fixed(1))
    assert adapt(once, {2: share(MANY, MANY)}) is once


@given(rates, st.integers(2, 25), st.floats(1, 8))
def test_no_rates_bend_a_policy_beyond_its_bounds(found, attempts, swing):
    bounds = Bounds(swing=swing)
    policy = adapt(RetryPolicy(attempts, Fixed(10)), found, bounds)
    assert bounds.fewest <= policy.attempts <= max(attempts, min(attempts + 2, bounds.most))
    assert 9.99 / swing <= delay(policy) <= 10.01 * swing


def test_a_component_without_evidence_goes_by_its_category():
    found = known(
        [
            Sum("timeout", "cart", 2, 5, 5),
            Sum("timeout", "search", 2, 50, 10),
            Sum("timeout", "task:t.do", 2, 80, 80),
        ]
    )
    assert found.of("timeout", "cart", evidence=20) == {2: Rate(55, 15)}
    assert found.of("timeout", "search", evidence=20) == {2: Rate(50, 10)}
    assert found.of("timeout", "task:t.other", evidence=20) == {2: Rate(80, 80)}
    assert found.of("server", "cart", evidence=20) == {}
