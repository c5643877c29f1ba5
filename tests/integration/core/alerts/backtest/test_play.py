from datetime import timedelta

import pytest
from sqlalchemy import text

from core.alerts.backtest import Asked, Verdict, play
from core.alerts.backtest.play import BacktestError
from core.alerts.matcher import Matcher
from core.alerts.reading import rule
from core.alerts.route import Plan, Route
from core.alerts.silence import Scope, Silence
from core.store import components, projects
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store

HOUR = timedelta(hours=1)
MINUTE = timedelta(minutes=1)
PLAN = Plan(root=Route(name="all", channels=("mail",)))
BURSTS = rule({"name": "Bursts", "measure": "component.errors", "over": "5m", "above": 20})


@pytest.fixture
def day(database):
    """Bursts of ten minutes in two components, at the hours 3, 9 and 9, 15 before now."""
    with database.transaction() as session:
        project = projects.create(session, "web", now=NOW)[0].id
        rows = [
            (
                components.Slot(project, name, NOW - hours * HOUR + place * MINUTE),
                components.Delta(events=10),
            )
            for name, begun in (("shop", (3, 9)), ("mail", (9, 15)))
            for hours in begun
            for place in range(10)
        ]
        components.add(session, rows)
    return database


def played(database, rules=(BURSTS,), **more):
    asked = {"since": NOW - 24 * HOUR, "until": NOW, "plan": PLAN} | more
    with database.transaction() as session:
        return play(session, Asked(rules=rules, **asked))


def silence(written):
    return Silence(
        id=1, scope=Scope.LABELS, author="ana", reason="known", matchers=(Matcher.parse(written),),
        created_at=NOW - 24 * HOUR, starts_at=NOW - 24 * HOUR,
    )  # fmt: skip


def test_what_would_have_fired_and_been_told(day):
    found = played(day)
    assert found.sentence(silences=0) == "Would have fired 4 times in 24 hours; 4 told."
    assert found.looks == 24 * 60 + 1
    first = found.episodes[0]
    assert (first.labels["component"], first.rule) == ("mail", "Bursts")
    assert timedelta(minutes=2) < first.fired_at - (NOW - 15 * HOUR) < timedelta(minutes=4)
    assert first.over_at is not None
    assert found.known_since == NOW - 15 * HOUR


def test_the_same_with_a_silence(day):
    found = played(day, silences=[silence("component=shop")])
    assert found.sentence(silences=1).endswith("4 times in 24 hours; 2 told with this silence.")
    assert found.verdicts == {Verdict.TOLD: 2, Verdict.SILENCED: 2}


def test_nothing_is_written(day):
    smart = rule({"name": "Odd", "measure": "anomaly.errors", "above": 0.5})
    assert played(day, [BURSTS, smart]).by_rule().keys() == {"Bursts", "Odd"}
    with day.transaction() as session:
        for table in ("alerts", "alert_transitions", "alert_memories", "alert_groups"):
            assert session.scalar(text(f"SELECT count(*) FROM {table}")) == 0


def test_episodes_from_before_are_not_counted(day):
    begun = NOW - 3 * HOUR + 5 * MINUTE
    assert played(day, since=begun).fired == 0
    assert played(day, since=begun - 4 * MINUTE).fired == 1


def test_rules_that_cannot_look_back_are_named(day):
    queue = rule({"name": "Depth", "measure": "queue.depth", "above": 5})
    assert played(day, [BURSTS, queue], since=NOW - HOUR).skipped == ("Depth",)


@pytest.mark.parametrize(
    "more",
    [{"rules": []}, {"since": NOW}, {"step": timedelta(0)}, {"since": NOW - timedelta(days=90)}],
)
def test_what_cannot_be_played_is_refused(day, more):
    with pytest.raises(BacktestError):
        played(day, **more)
