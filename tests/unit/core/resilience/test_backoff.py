from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import (
    Category,
    DatabaseConflictError,
    DependencyError,
    InvalidInputError,
    report,
)
from core.resilience.backoff import (
    OWN_TASKS,
    Exponential,
    Fixed,
    FullJitter,
    ServerTold,
    decide,
)

RAND = Random(4)
attempts = st.integers(1, 10_000)


def test_exponential_doubles_up_to_its_cap():
    plain = Exponential(base=1, cap=10, jitter=0)
    delays = [plain.delay(n, rand=RAND) for n in range(1, 6)]
    assert delays == [1, 2, 4, 8, 10]


@given(attempts)
def test_exponential_stays_within_its_jitter(attempt):
    exact = Exponential(jitter=0).delay(attempt, rand=RAND)
    assert 0.9 * exact <= Exponential().delay(attempt, rand=RAND) <= 1.1 * exact


@given(attempts)
def test_full_jitter_lies_between_nothing_and_the_cap(attempt):
    assert 0 <= FullJitter(cap=7).delay(attempt, rand=RAND) <= 7


@given(st.floats(0, 3_600))
def test_what_the_server_told_is_never_undercut(told):
    delay = ServerTold(Fixed(1)).delay(1, rand=RAND, told=told)
    assert told <= delay <= 1.1 * told


def test_without_a_word_of_the_server_the_other_backoff_holds():
    assert ServerTold(Fixed(4)).delay(1, rand=RAND) == 4


def test_permanent_failure_is_not_retried():
    decision = decide(report(InvalidInputError()), 1, max_attempts=5, rand=RAND)
    assert (decision.retry, decision.reason) == (False, "permanent")


@pytest.mark.parametrize(("attempt", "retry"), [(1, True), (2, True), (3, False), (9, False)])
def test_attempts_of_the_row_bound_the_retries(attempt, retry):
    decision = decide(report(DependencyError()), attempt, max_attempts=3, rand=RAND)
    assert decision.retry is retry
    assert decision.reason == ("transient" if retry else "exhausted")


def test_policy_of_the_category_bounds_the_retries():
    limit = OWN_TASKS[Category.CONCURRENCY].attempts
    failed = report(DatabaseConflictError())
    assert decide(failed, limit - 1, max_attempts=99, rand=RAND).retry
    assert not decide(failed, limit, max_attempts=99, rand=RAND).retry


def test_retry_after_is_respected():
    failed = report(DependencyError(retry_after=42))
    assert decide(failed, 1, max_attempts=5, rand=RAND).delay >= 42
