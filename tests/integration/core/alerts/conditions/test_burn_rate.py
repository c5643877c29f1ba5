from datetime import timedelta

import pytest

from core.alerts.condition import Look, Measure
from core.alerts.conditions.burn_rate import BurnRate
from core.store import components
from tests.integration.core.rows import NOW as NOON

pytestmark = pytest.mark.store

BY = ("component", "project")
SHOP = (("component", "shop"), ("project", "web"))


def measure(metric, hours, by=BY, **options):
    return Measure("burn_rate", metric, timedelta(hours=hours), by, tuple(sorted(options.items())))


def put(database, minutes, component="shop"):
    with database.transaction() as session:
        rows = [
            (
                components.Slot(1, component, NOON - timedelta(minutes=ago)),
                components.Delta(successes=good, failures=bad),
            )
            for ago, good, bad in minutes
        ]
        components.add(session, rows)


def look(database, *measures, at=NOON, condition=None):
    with database.transaction() as session:
        answers = (condition or BurnRate()).measure(session, measures, Look(at, {1: "web"}))
    return [{sample.labels: sample.value for sample in answers[each]} for each in measures]


def test_it_takes_both_windows(database):
    put(database, [(50, 900, 100), (2, 980, 20)])
    (found,) = look(database, measure("factor", 1))
    assert found == {SHOP: pytest.approx(20)}


def test_what_is_over_burns_no_more(database):
    put(database, [(50, 900, 100), (2, 100, 0)])
    assert look(database, measure("factor", 1)) == [{SHOP: 0.0}]


def test_hours_of_old_count_with_the_minutes(database):
    put(database, [(2, 1_000, 0)])
    with database.transaction() as session:
        components.add(session, [(components.Slot(1, "shop", NOON - timedelta(days=9)), old())])
        session.connection().exec_driver_sql(
            "UPDATE component_minutes SET resolution = 3600 WHERE failures > 0"
        )
    found = look(database, measure("left", 720), measure("gone_in", 720, pace="24h"))
    assert found == [{SHOP: pytest.approx(0.5)}, {SHOP: 720 * 3_600.0}]


def old():
    return components.Delta(successes=8_995, failures=5)


def test_a_budget_that_is_used_up_fast_is_soon_gone(database):
    put(database, [(600, 9_995, 5), (30, 990, 10)])
    (found,) = look(database, measure("gone_in", 24, objective="99%"))
    assert 0 < found[SHOP] <= 24 * 3_600


def test_components_of_a_project_are_one_series_where_the_rule_says_so(database):
    put(database, [(2, 900, 100)])
    put(database, [(2, 1_000, 0)], component="mail")
    (found,) = look(database, measure("factor", 1, by=("project",)))
    assert found == {(("project", "web"),): pytest.approx(50)}


def test_a_long_sum_is_read_again_after_a_while_only(database):
    put(database, [(2, 900, 100)])
    condition, asked = BurnRate(), measure("left", 24, objective="50%")
    before = look(database, asked, condition=condition)
    put(database, [(1, 0, 9_000)])
    assert look(database, asked, at=NOON + timedelta(seconds=30), condition=condition) == before
    assert look(database, asked, at=NOON + timedelta(minutes=2), condition=condition) != before
    assert look(database, asked, at=NOON - timedelta(minutes=90), condition=condition) == [{}]


@pytest.mark.parametrize(
    "options",
    [{"objective": "100%"}, {"objective": "most"}, {"short": "2h"}, {"short": 0}, {"least": "few"}],
)
def test_options_that_make_no_sense_are_told(options):
    assert BurnRate.wrong(measure("factor", 1, **options))
    assert BurnRate.wrong(measure("factor", 1)) is None
