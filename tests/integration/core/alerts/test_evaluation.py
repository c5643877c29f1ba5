"""From component minutes and signals to alerts as rows, by the clock."""

from dataclasses import replace
from datetime import timedelta
from typing import Final

import pytest
from sqlalchemy import text

from config.alerts import read_text
from core.alerts.book import RuleBook
from core.alerts.condition import Look, Measure
from core.alerts.conditions import conditions
from core.alerts.conditions.components import Components
from core.alerts.evaluation import MOST_MISSED, Evaluator
from core.model import AlertClock
from core.store import alert_rules, alerts, components, gauges, signals
from core.store.alert_rules import NewRule, Source
from core.store.alerts import Write
from core.store.components import Delta, Slot
from core.store.gauges import Reading
from core.store.signals import NewSignal
from tests.integration.core.rows import NOW, add_issue, add_project

# Their options need values of their own; they have tests of their own, too.
LEARNING = {"anomaly", "burn_rate", "forecast"}
RULE = """
rules:
  - name: Errors
    measure: component.errors
    over: 5m
    above: {high: 10, critical: 100}
    clears: 5
    reopen: 2m
"""


def put(session, text=RULE):
    (written,) = read_text(text).rules
    new = NewRule(name=written.rule.name, body=written.body, source=Source.API, author="ana")
    return alert_rules.create(session, new, now=NOW)


def told(session, project_id, *, at, component="cart", **counts):
    minute = at.replace(second=0, microsecond=0)
    components.add(session, [(Slot(project_id, component, minute), Delta(**counts))])


def only(session):
    (found,) = alerts.living(session)
    return alerts.get(session, found.id)


def history(session, alert):
    return [(each.old, each.new) for each in alerts.transitions(session, alert.id)]


@pytest.fixture
def evaluator():
    return Evaluator()


def test_a_threshold_crossed_in_the_running_minute_fires(session, project_id, evaluator):
    rule = put(session)
    told(session, project_id, at=NOW, events=11)
    done = evaluator.tick(session, NOW + timedelta(seconds=2))
    alert = only(session)
    assert done.changes == {"firing": 1}
    assert (alert.rule_id, alert.project_id, alert.component) == (rule.id, project_id, "cart")
    assert alert.labels == {
        "alertname": "Errors",
        "component": "cart",
        "project": "shop",
        "severity": "high",
    }
    assert alert.reason == "component.errors is 11, above 10"
    assert history(session, alert) == [(None, "firing")]


def test_the_next_look_reads_what_is_new(session, project_id, evaluator):
    put(session)
    told(session, project_id, at=NOW, events=9)
    assert evaluator.tick(session, NOW + timedelta(seconds=2)).changed == 0
    told(session, project_id, at=NOW, events=200)
    assert evaluator.tick(session, NOW + timedelta(seconds=4)).changes == {"firing": 1}
    assert only(session).severity == "critical"


def test_what_is_over_is_resolved_below_where_it_clears(session, project_id, evaluator):
    put(session)
    told(session, project_id, at=NOW, events=12)
    evaluator.tick(session, NOW + timedelta(seconds=50))
    alert = only(session)
    evaluator.tick(session, NOW + timedelta(minutes=5, seconds=20))
    assert only(session).id == alert.id  # 8 of 12 lie in the window still
    evaluator.tick(session, NOW + timedelta(minutes=5, seconds=40))
    assert alerts.living(session) == []
    assert history(session, alert) == [(None, "firing"), ("firing", "resolved")]


def test_what_fires_again_soon_is_the_same_episode(session, project_id, evaluator):
    put(session)
    told(session, project_id, at=NOW, events=12)
    evaluator.tick(session, NOW)
    evaluator.tick(session, NOW + timedelta(seconds=1))
    first = only(session)
    later = NOW + timedelta(minutes=6)
    evaluator.tick(session, later)
    told(session, project_id, at=later, events=12)
    evaluator.tick(session, later + timedelta(seconds=30))
    again = only(session)
    assert (again.id, again.episode, again.started_at) == (first.id, 1, NOW + timedelta(seconds=1))
    much_later = NOW + timedelta(minutes=30)
    evaluator.tick(session, much_later)
    told(session, project_id, at=much_later, events=12)
    evaluator.tick(session, much_later + timedelta(seconds=1))
    assert only(session).episode == 2


def test_minutes_that_were_missed_are_caught_up(session, project_id, evaluator):
    put(session)
    evaluator.tick(session, NOW)
    told(session, project_id, at=NOW + timedelta(minutes=10), events=12)
    done = Evaluator().tick(session, NOW + timedelta(minutes=30, seconds=1))
    assert done.caught_up == 30
    assert done.changes == {"firing": 1, "resolved": 1}
    alert = alerts.page(session, alerts.Wanted()).rows[0][0]
    assert alert.fired_at == NOW + timedelta(minutes=11)
    assert alert.resolved_at < NOW + timedelta(minutes=17)


def test_no_more_than_an_hour_is_caught_up(session, project_id, evaluator):
    put(session)
    evaluator.tick(session, NOW)
    done = evaluator.tick(session, NOW + timedelta(days=2))
    assert done.caught_up == MOST_MISSED


def test_a_clock_that_was_put_right_is_not_waited_for(session, project_id, evaluator):
    put(session)
    evaluator.tick(session, NOW + timedelta(days=1))
    told(session, project_id, at=NOW, events=12)
    done = evaluator.tick(session, NOW + timedelta(seconds=1))
    assert (done.ran, done.caught_up, done.changes) == (True, 0, {"firing": 1})


def test_the_clock_of_a_host_that_is_a_little_slow_is_not_believed(session, project_id, evaluator):
    put(session)
    evaluator.tick(session, NOW)
    assert not evaluator.tick(session, NOW - timedelta(minutes=5)).ran


def test_an_alert_ends_with_its_rule(session, project_id, evaluator):
    rule = put(session)
    told(session, project_id, at=NOW, events=12)
    evaluator.tick(session, NOW + timedelta(seconds=1))
    alert = only(session)
    alert_rules.remove(session, rule.id)
    evaluator.tick(session, NOW + timedelta(seconds=3))
    session.refresh(alert)
    assert (alert.state, alert.reason) == ("resolved", "its rule is gone or rests")


def test_alerts_that_a_changed_rule_sees_as_one_are_one(session, project_id, evaluator):
    row = put(session)
    other = add_project(session, "other")
    told(session, project_id, at=NOW, events=12)
    told(session, other, at=NOW, events=12)
    evaluator.tick(session, NOW + timedelta(seconds=1))
    assert len(alerts.living(session)) == 2
    (written,) = read_text(RULE.replace("over: 5m", "by: [component]")).rules
    new = NewRule(name=row.name, body=written.body, source=Source.API, author="ana")
    alert_rules.change(session, row, new, now=NOW + timedelta(seconds=2))
    done = evaluator.tick(session, NOW + timedelta(seconds=3))
    assert done.changes == {"resolved": 1}
    assert evaluator.tick(session, NOW + timedelta(seconds=5)).changes == {}
    assert len(alerts.living(session)) == 1


def test_a_new_issue_is_one_alert_for_a_while(session, project_id, evaluator):
    put(
        session,
        """
rules:
  - {name: New, measure: signal.count, with: {signal: new_issue}, over: 10m, at_least: 1}
""",
    )
    issue = add_issue(session, project_id, component="cart", last_release="1.2")
    signals.add(session, [NewSignal(project_id, issue.id, "new_issue", NOW)])
    evaluator.tick(session, NOW + timedelta(seconds=1))
    alert = only(session)
    assert (alert.issue_id, alert.release, alert.component) == (issue.id, "1.2", "cart")
    evaluator.tick(session, NOW + timedelta(minutes=11))
    assert alerts.living(session) == []


def test_a_component_that_falls_silent_is_missed(session, project_id, evaluator):
    put(
        session,
        """
rules:
  - name: Silent
    measure: component.silence
    where: {component: feed}
    above: 10m
    no_data: alert
""",
    )
    evaluator.tick(session, NOW)
    assert only(session).labels["component"] == "feed"
    told(session, project_id, at=NOW, component="feed", successes=1)
    evaluator.tick(session, NOW + timedelta(minutes=1))
    assert alerts.living(session) == []
    evaluator.tick(session, NOW + timedelta(minutes=12))
    assert only(session).labels["project"] == "shop"


FEWER: Final = """
rules:
  - {name: Silent, measure: component.silence, by: [component], above: 5m}
  - {name: Row, measure: component.consecutive_failures, over: 15m, by: [project], at_least: 3}
  - {name: Disk, measure: gauge.last, with: {gauge: free}, by: [host], below: 0.1}
"""


@pytest.mark.parametrize("worse", [{"path": "/"}, {"path": "/data"}])
def test_several_that_are_one_series_have_one_alert_that_stays(
    session, project_id, evaluator, worse
):
    told(session, project_id, at=NOW - timedelta(minutes=10), component="cart", failures=2)
    told(session, project_id, at=NOW - timedelta(minutes=4), component="shop", failures=2)
    for found in read_text(FEWER).rules:
        new = NewRule(name=found.rule.name, body=found.body, source=Source.API, author="ana")
        alert_rules.create(session, new, now=NOW)
    readings = [
        Reading("free", 0.05 if {"path": path} == worse else 0.9, {"host": "a", "path": path})
        for path in ("/", "/data")
    ]
    gauges.put(session, readings, now=NOW)
    changes = [evaluator.tick(session, NOW + timedelta(seconds=2 * n)).changes for n in range(3)]
    assert changes == [{"firing": 3}, {}, {}]
    values = {each.labels["alertname"]: each.value for each in alerts.living(session)}
    assert values == {"Silent": pytest.approx(544, abs=60), "Row": 4, "Disk": 0.05}


class Broken(Components):
    """Fails as one does that an option leads astray."""

    kind = "broken"

    def measure(self, session, measures, look):
        raise ValueError("no such number")


def test_a_condition_that_fails_leaves_the_others_alone(session, project_id, monkeypatch):
    put(session)
    broken = read_text("rules: [{name: B, measure: component.memory, above: 1}]").rules[0].rule
    evaluator = Evaluator(conditions() | {"broken": Broken()})
    measure = replace(broken.measure, kind="broken")
    known = (*RuleBook().rules(session), replace(broken, measure=measure, id=99))
    monkeypatch.setattr(RuleBook, "rules", lambda *_: known)
    told(session, project_id, at=NOW, events=12)
    done = evaluator.tick(session, NOW + timedelta(seconds=1))
    assert (done.failed, done.changes) == (("broken",), {"firing": 1})


def test_one_evaluation_runs_at_a_time(database):
    with database.transaction() as session:
        session.add(AlertClock(name="rules", evaluated_at=NOW))
    with database.transaction() as first, database.transaction() as second:
        assert Evaluator().tick(first, NOW + timedelta(seconds=2)).ran
        assert not Evaluator().tick(second, NOW + timedelta(seconds=2)).ran


def test_every_measure_of_every_condition_can_be_asked(session, project_id, evaluator):
    known = conditions()
    asked = {
        kind: [
            Measure(kind, metric, each.over, each.by, tuple((name, "1") for name in each.options))
            for metric in each.metrics
        ]
        for kind, each in known.items()
    }
    look = Look(NOW, {project_id: "shop"})
    for kind in sorted(set(asked) - LEARNING):
        answers = known[kind].measure(session, asked[kind], look)
        assert set(answers) == set(asked[kind])


def test_every_window_is_the_sum_of_its_minutes(session, project_id):
    """Whole minutes that are kept, those that may grow and the share of the first, look by look."""
    reader = conditions()["component"]
    measures = [
        Measure("component", "events", timedelta(minutes=span), ("component",))
        for span in (1, 2, 3, 7)
    ]
    begun = NOW.replace(second=0, microsecond=0)
    for minute in range(12):
        told(session, project_id, at=begun + timedelta(minutes=minute), events=10**minute)
    for seconds in (510, 512, 540, 575, 660):
        at = begun + timedelta(seconds=seconds)
        told(session, project_id, at=at, events=3)
        found = reader.measure(session, measures, Look(at, {project_id: "shop"}))
        for each in measures:
            wanted = summed(session, each.over, at)
            assert found[each][0].value == pytest.approx(wanted), (seconds, each.over)


def summed(session, span, at):
    """As the description has it, with a query of its own."""
    total = 0.0
    for minute, events in session.execute(text("SELECT minute, events FROM component_minutes")):
        if minute < at:
            inside = minute + timedelta(minutes=1) - max(minute, at - span)
            total += events * max(inside / timedelta(minutes=1), 0)
    return total


def test_what_others_wrote_between_two_looks_is_seen(session, project_id, evaluator):
    put(session)
    told(session, project_id, at=NOW, events=12)
    evaluator.tick(session, NOW + timedelta(seconds=2))
    alert = only(session)
    seen = NOW + timedelta(seconds=3)
    values = {**alerts.columns(alert), "state": "acknowledged", "state_at": seen, "reason": "ana"}
    alerts.write(
        session,
        [Write(values, seen, "ana", id=alert.id, old=alert.state, seen=alert.state_at)],
    )
    told(session, project_id, at=NOW, events=200)
    evaluator.tick(session, NOW + timedelta(seconds=4))
    assert history(session, alert)[-1] == ("acknowledged", "firing")  # worse than what ana saw
