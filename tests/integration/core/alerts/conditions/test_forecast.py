from datetime import timedelta

import orjson
import pytest
from sqlalchemy import text

from core.alerts.condition import Look, Measure
from core.alerts.conditions.forecast import Forecast
from core.alerts.memory import KeptMemories
from core.model import AlertMemory
from core.store import components
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store

HOUR = 3_600.0
DISK = (("host", "db1"),)
SHOP = (("component", "shop"), ("project", "web"))
BY = ("component", "host", "project")


def measure(metric, over=timedelta(hours=12), **options):
    return Measure("forecast", metric, over, BY, tuple(sorted(options.items())))


FULL = measure("gauge", gauge="disk_used_ratio", limit=1)


def disk(database, level, host="db1"):
    """Every five minutes of twelve hours, by the hours that have passed since they began."""
    rows = [
        {"minute": NOW - timedelta(minutes=5 * ago), "value": level(12 - ago / 12)}
        for ago in range(144)
    ]
    statement = text("""
        INSERT INTO gauge_minutes (name, series, minute, labels, last, least, most)
        VALUES ('disk_used_ratio', :host, :minute, CAST(:labels AS jsonb), :value, :value, :value)
    """)
    labels = orjson.dumps({"host": host}).decode()
    with database.transaction() as session:
        session.execute(statement, [{**row, "host": host, "labels": labels} for row in rows])


def look(database, condition, measure, at=NOW):
    with database.transaction() as session:
        found = condition.measure(session, [measure], Look(at, {1: "web"}))[measure]
    return {sample.labels: sample.value for sample in found}


def test_a_disk_is_full_in_six_hours_and_the_time_runs(database):
    disk(database, lambda hours: 0.4 + hours / 30)
    condition = Forecast()
    wait = look(database, condition, FULL)[DISK]
    assert wait == pytest.approx(6 * HOUR, rel=0.05)
    later = look(database, condition, FULL, NOW + timedelta(seconds=50))[DISK]
    assert later == pytest.approx(wait - 50)


def test_another_process_knows_what_was_found(database):
    disk(database, lambda hours: 0.4 + hours / 30)
    wait = look(database, Forecast(), FULL)[DISK]
    condition = Forecast()
    assert look(database, condition, FULL, NOW + timedelta(seconds=1))[DISK] == wait - 1
    assert not any(each.waiting for each in condition._rounds.values())


def test_a_disk_that_stands_still_is_full_beyond_the_horizon(database):
    disk(database, lambda _: 0.7)
    assert look(database, Forecast(), FULL) == {DISK: 24 * HOUR}


def test_few_models_are_fitted_at_a_time(database):
    for host in range(7):
        disk(database, lambda hours: 0.4 + hours / 30, host=f"db{host}")
    condition = Forecast(KeptMemories())
    first = look(database, condition, FULL)
    second = look(database, condition, FULL, NOW + timedelta(seconds=2))
    assert sorted(map(str, first.values())).count("None") == 2
    assert None not in second.values()


def test_a_budget_is_gone_when_failures_go_on(database):
    with database.transaction() as session:
        rows = [
            (
                components.Slot(1, "shop", NOW - timedelta(minutes=5 * ago)),
                components.Delta(successes=990, failures=10 if ago <= 72 else 0),
            )
            for ago in range(1, 145)
        ]
        components.add(session, rows)
    budget = measure("budget", objective="99%")
    # Half of the time at 1 %, which is allowed: half of the budget is left, for six hours more.
    assert look(database, Forecast(), budget)[SHOP] == pytest.approx(6 * HOUR, rel=0.25)


def test_calm_is_written_once(database):
    disk(database, lambda _: 0.7)
    condition = Forecast()
    look(database, condition, FULL)
    look(database, condition, FULL, NOW + timedelta(minutes=10))
    with database.transaction() as session:
        assert [row.until for row in session.query(AlertMemory)] == [NOW]


@pytest.mark.parametrize(
    "asked",
    [
        measure("gauge", limit=1),
        measure("memory"),
        measure("memory", limit="some"),
        measure("memory", limit="1GB", certainty="100%"),
        measure("memory", limit="1GB", reached="soon"),
        measure("memory", limit="1GB", horizon="90d"),
    ],
)
def test_options_that_make_no_sense_are_told(asked):
    assert Forecast.wrong(asked)
    assert Forecast.wrong(FULL) is None
