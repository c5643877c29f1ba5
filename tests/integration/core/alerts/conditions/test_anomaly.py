from datetime import timedelta
from random import Random

import pytest

from core.alerts.condition import Look, Measure
from core.alerts.conditions.anomaly import Anomaly
from core.alerts.memory import KeptMemories
from core.alerts.panel import Panel
from core.alerts.reading import rule
from core.alerts.weighing import candidates
from core.model import AlertMemory
from core.store import components
from tests.integration.core.rows import NOW as NOON

pytestmark = pytest.mark.store

BY = ("component", "project")
SLOT = timedelta(minutes=5)
SHOP = (("component", "shop"), ("project", "web"))


def errors(**options):
    return Measure("anomaly", "errors", timedelta(minutes=15), BY, tuple(sorted(options.items())))


@pytest.fixture
def month(database):
    """One row in five minutes for 12 hours before noon: about ten errors and a steady duration."""
    rand = Random(1)
    slots = {
        NOON - place * SLOT: components.Delta(
            events=round(rand.gauss(10, 2)), duration_count=10, duration_sum=rand.gauss(500, 20)
        )
        for place in range(1, 145)
    }
    put(database, slots)
    return database


def put(database, slots, component="shop"):
    with database.transaction() as session:
        rows = [(components.Slot(1, component, at), delta) for at, delta in slots.items()]
        components.add(session, rows)


def look(database, condition, at, measure=None):
    measure = measure or errors()
    with database.transaction() as session:
        found = condition.measure(session, [measure], Look(at, {1: "web"}))[measure]
    return {sample.labels: sample.value for sample in found}


def test_a_burst_is_told_until_its_time_is_over(month):
    condition = Anomaly()
    assert look(month, condition, NOON + timedelta(minutes=1)) == {SHOP: 0.0}
    put(month, {NOON: components.Delta(events=150)})
    assert look(month, condition, NOON + timedelta(minutes=5)) == {SHOP: 0.0}
    assert look(month, condition, NOON + timedelta(minutes=6))[SHOP] > 0.5
    assert look(month, condition, NOON + timedelta(minutes=19))[SHOP] > 0.5
    assert look(month, condition, NOON + timedelta(minutes=21)) == {SHOP: 0.0}


def test_an_anomaly_says_what_was_usual(month):
    put(month, {NOON: components.Delta(events=150)})
    with month.transaction() as session:
        at = Look(NOON + timedelta(minutes=6), {1: "web"})
        (sample,) = Anomaly().measure(session, [errors()], at)[errors()]
    assert sample.told.startswith("150 until 12:05 UTC, where ")
    odd = rule({"name": "Odd", "measure": "anomaly.errors", "above": 0.5})
    (found,) = candidates(odd, Panel([sample]), [])
    assert found.seen.why.endswith(f"above 0.5: {sample.told}")


def test_another_process_goes_on_from_the_rows(month):
    look(month, Anomaly(), NOON + timedelta(minutes=1))
    put(month, {NOON: components.Delta(events=150)})
    assert look(month, Anomaly(), NOON + timedelta(minutes=6))[SHOP] > 0.5
    assert look(month, Anomaly(), NOON + timedelta(minutes=7))[SHOP] > 0.5


def test_slow_answers_are_an_anomaly_of_their_own(month):
    slow = Measure("anomaly", "duration", timedelta(minutes=15), BY)
    condition = Anomaly()
    assert look(month, condition, NOON + timedelta(minutes=1), slow) == {SHOP: 0.0}
    put(month, {NOON: components.Delta(duration_count=10, duration_sum=9_000)})
    assert look(month, condition, NOON + timedelta(minutes=6), slow)[SHOP] > 0.5


def test_a_rule_that_asks_for_less_is_not_told_of_more(month):
    put(month, {NOON: components.Delta(events=150)})
    at = NOON + timedelta(minutes=6)
    assert look(month, Anomaly(), at, errors(direction="down")) == {SHOP: 0.0}


def test_nothing_is_known_of_a_series_that_is_learnt(database):
    put(database, {NOON - place * SLOT: components.Delta(events=1) for place in range(1, 5)})
    assert look(database, Anomaly(), NOON + timedelta(minutes=1)) == {SHOP: None}


def test_what_is_only_kept_leaves_no_rows(month):
    look(month, Anomaly(KeptMemories()), NOON + timedelta(minutes=1))
    with month.transaction() as session:
        assert session.query(AlertMemory).count() == 0


def test_a_series_that_was_long_silent_learns_again_from_what_there_is(month):
    condition = Anomaly()
    look(month, condition, NOON + timedelta(minutes=1))
    later = NOON + timedelta(days=4)
    assert look(month, condition, later) == {}
    put(month, {later - SLOT: components.Delta(events=90)})
    assert look(month, condition, later + SLOT)[SHOP] > 0.5
