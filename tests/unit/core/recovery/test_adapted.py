"""The engine tries as often as experience says, within bounds."""

from random import Random

import pytest

from config.recovery import policies
from core.clock import FixedClock
from core.errors import Category
from core.recovery.book import Course, Layer, Rule
from core.recovery.considering import Consideration
from core.recovery.decision import Verb
from core.recovery.means import Means
from core.recovery.rulebook import Books
from core.recovery.strategies import STRATEGIES
from core.recovery.vocabulary import words
from core.resilience import adaptive
from core.resilience.book import known
from core.store.payloads import Payloads
from core.store.retries import Sum
from tests.conftest import NOON
from tests.unit.core.recovery.situations import situation

COURSE = Course(Rule("any", 1, strategies=("retry",)), Layer(), (Layer(),))
USUAL = 6  # attempts of the category connection


def retried(rows, component="checkout"):
    """How often the strategy sends the work again, and the delays before each."""
    rates = known(Sum(*row) for row in rows)

    def adapted(policy, category, where):
        return adaptive.adapt(policy, rates.of(category, where, evidence=20))

    means = Means(
        clock=FixedClock(NOON),
        order=lambda *_: None,
        books=Books(Layer(), words()),
        policies=policies(),
        payloads=Payloads(),
        strategies=STRATEGIES,
        actions={},
        probes={},
        rand=Random(1),
        adapted=adapted,
    )
    found = situation(category=Category.CONNECTION, component=component, replayable=True)
    delays = []
    while True:
        decision = Consideration(means, found, COURSE).decided("retry", len(delays))
        if decision.verb is not Verb.ACT:
            return delays
        delays.append(decision.delay)


def test_without_experience_as_the_policy_says():
    assert len(retried([])) == USUAL - 1


@pytest.mark.parametrize(
    ("failed", "retries"),
    [
        # what hardly ever helps beyond the second attempt is left out, ...
        ([(2, 100, 40), (3, 100, 100), (4, 90, 90), (5, 90, 90), (6, 90, 90)], 1),
        # ... and where even the last one helps there are more, up to the bound
        ([(attempt, 100, 30) for attempt in range(2, 7)], USUAL + 1),
    ],
)
def test_with_experience_fewer_or_more(failed, retries):
    rows = [("connection", "checkout", *each) for each in failed]
    assert len(retried(rows)) == retries


def test_where_the_first_retry_nearly_always_fails_it_comes_later():
    hopeless = [("connection", "checkout", 2, 1_000, 900)]
    usual, later = retried([])[0], retried(hopeless)[0]
    assert usual < later <= usual * adaptive.USUAL.swing


def test_another_components_experience_is_taken_where_there_is_none_of_its_own():
    rows = [("connection", "other", attempt, 100, 100) for attempt in range(2, 7)]
    assert len(retried(rows)) < USUAL - 1
