from random import Random

import pytest

from core.errors import (
    Category,
    DatabaseConflictError,
    DependencyError,
    InvalidInputError,
    report,
)
from core.resilience.backoff import OWN_TASKS, decide

RAND = Random(4)


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
