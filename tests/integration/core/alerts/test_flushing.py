from datetime import timedelta

import pytest
from sqlalchemy import func, select

from core.alerts.budget import Budget
from core.alerts.inhibition import InhibitRule
from core.alerts.matcher import Matcher
from core.model import AlertFlush, AlertGroup, Incident, Notification, WorkItem
from tests.integration.core.alerts.raising import MINUTE, OPS, SECOND, Desk, change, fire
from tests.integration.core.rows import NOW

CRITICAL = Matcher.parse('severity="critical"')
HIGH = Matcher.parse('severity="high"')


@pytest.fixture
def desk(session):
    return Desk(session, NOW)


def test_alerts_of_one_component_are_told_once_together_after_the_wait(session, desk):
    for number in range(3):
        fire(session, NOW, f"rule {number}")
    assert desk.run().notifications == 0
    assert desk.run(after=5 * SECOND).notifications == 1
    assert desk.told() == [("ops", "trigger", 3)]
    assert session.scalar(select(func.count()).select_from(Incident)) == 1


def test_what_is_told_has_its_work_and_its_trace(session, desk):
    alert = fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    tasks = set(session.scalars(select(WorkItem.task)))
    assert {"alerts.deliver", "alerts.flush"} <= tasks
    assert desk.trace(alert) == ["incident", "route", "group", "notified"]
    (row,) = session.scalars(select(Notification))
    assert row.notice["title"] == "High error rate in checkout"
    assert row.alert_ids == [alert.id]


def test_what_is_over_is_told_with_the_next_interval_and_ends_the_group(session, desk):
    alert = fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    change(session, alert, "resolved", desk.now)
    assert desk.run(after=SECOND).notifications == 0
    assert desk.run(after=5 * MINUTE).notifications == 1
    assert desk.told()[-1] == ("ops", "resolve", 1)
    assert session.scalars(select(AlertGroup.closed_at)).all() == [desk.now]
    assert session.scalars(select(Incident.state)).all() == ["closed"]


def test_what_joins_a_group_that_was_told_long_ago_waits_for_more(session, desk):
    fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    fire(session, desk.now, "second")
    assert desk.run(after=10 * MINUTE).notifications == 0
    fire(session, desk.now, "third")
    assert desk.run(after=5 * SECOND).notifications == 1
    assert desk.told()[-1] == ("ops", "update", 3)


def test_what_joins_a_group_is_told_although_the_clock_was_a_day_ahead(session, desk):
    desk.now = NOW + timedelta(days=1)
    fire(session, desk.now)
    desk.run()
    desk.run(after=5 * SECOND)
    desk.now = NOW
    fire(session, NOW, "second")
    assert desk.run().notifications == 0
    desk.run(after=5 * MINUTE)
    assert desk.told()[-1] == ("ops", "update", 2)


def test_the_same_is_said_again_after_the_repeat_interval(session, desk):
    fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    assert desk.run(after=timedelta(hours=3)).notifications == 0
    assert desk.run(after=timedelta(hours=1)).notifications == 1
    assert desk.told()[-1] == ("ops", "update", 1)


def test_an_acknowledged_alert_is_not_said_again(session, desk):
    alert = fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    change(session, alert, "acknowledged", desk.now)
    assert desk.run(after=timedelta(hours=5)).notifications == 0


def test_inhibition_holds_although_the_target_came_first_and_all_is_read_anew(session):
    rule = InhibitRule("down", (CRITICAL,), (HIGH,), ("component",))
    target = fire(session, NOW, "slow")
    desk = Desk(session, NOW, inhibit=(rule,))
    desk.run()
    fire(session, NOW + SECOND, "down", severity="critical")
    again = Desk(session, NOW + 5 * SECOND, inhibit=(rule,))  # a process that starts
    again.run()
    assert again.told() == [("ops", "trigger", 1)]
    assert "inhibited" in again.trace(target)


def test_a_storm_is_one_incident_and_one_notification(session, desk):
    for number in range(300):
        fire(session, NOW, f"rule {number}", component=f"part {number % 7}", project_id=None)
    ran = desk.run()
    assert ran.changes == 300
    desk.run(after=5 * SECOND)
    assert session.scalar(select(func.count()).select_from(Incident)) <= 7
    assert len(desk.told()) <= 7


def test_beyond_its_budget_a_channel_gets_a_digest(session):
    grouped = OPS.__class__(
        name="default", channels=("ops",), group_by=("alertname",), pace=OPS.pace
    )
    budget = Budget(2, timedelta(hours=1))
    desk = Desk(session, NOW, root=grouped, budgets={"ops": budget})
    for number in range(5):
        fire(session, NOW, f"rule {number}")
    desk.run()
    desk.run(after=5 * SECOND)
    assert [told[1] for told in desk.told()] == ["trigger", "trigger"]
    desk.run(after=timedelta(hours=1) - 10 * SECOND)
    assert len(desk.told()) == 2
    desk.run(after=15 * SECOND)
    assert desk.told()[2:] == [("ops", "digest", 3)]


def test_of_two_that_flush_the_same_only_one_counts(session, desk):
    fire(session, NOW)
    desk.run()
    (group,) = session.scalars(select(AlertGroup))
    session.add(AlertFlush(group_id=group.id, flush_seq=1, at=NOW, alerts=1, notifications=1))
    session.flush()
    assert desk.run(after=5 * SECOND).notifications == 0
    assert desk.told() == []
