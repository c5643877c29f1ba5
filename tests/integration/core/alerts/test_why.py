"""Every alert can say why somebody was told of it, or why nobody was."""

from dataclasses import replace

import pytest
from sqlalchemy import select

from core.alerts import why
from core.model import DeliveryAttempt, Notification
from tests.integration.core.alerts.raising import MINUTE, OPS, SECOND, Desk, change, fire
from tests.integration.core.rows import NOW


@pytest.fixture
def desk(session):
    return Desk(session, NOW)


def answer(session, alert):
    return why.story(session, alert).answer


def test_the_way_of_an_alert_that_was_told(session, desk):
    alert = fire(session, NOW)
    assert answer(session, alert) == "Not told: nobody has looked at it yet."
    desk.run()
    assert answer(session, alert).startswith("Not told: its group waits for more.")
    desk.run(after=5 * SECOND)
    assert answer(session, alert) == "On its way to ops: no attempt has been made yet."
    (told,) = session.scalars(select(Notification))
    for attempt, error in ((1, "503 from the other side"), (2, None)):
        row = {"notification_id": told.id, "channel": "ops", "at": desk.now + attempt * SECOND}
        session.add(DeliveryAttempt(**row, attempt=attempt, seconds=0.1, error=error))
        session.flush()
        story = why.story(session, alert)
        assert story.steps[-1].step == "delivered"
    assert story.steps[-2].reason.endswith("no answer after 0.10 s; 503 from the other side")
    assert story.steps[-1].reason == "trigger, attempt 2: taken after 0.10 s"
    assert (story.answer, story.told) == ("Told: ops took it.", ("ops",))
    steps = [step.step for step in story.steps]
    assert steps == ["rule", "incident", "route", "group", "notified", "delivered", "delivered"]


def test_failed_attempts_are_told(session, desk):
    alert = fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    (told,) = session.scalars(select(Notification))
    row = {"notification_id": told.id, "channel": "ops", "at": desk.now, "attempt": 1}
    session.add(DeliveryAttempt(**row, seconds=1, status=500, error="broken"))
    session.flush()
    assert answer(session, alert) == (
        "Not delivered to ops in 1 attempts: trigger, attempt 1: status 500 after 1.00 s; broken"
    )


def test_nobody_to_tell(session):
    desk = Desk(session, NOW, root=replace(OPS, channels=()))
    alert = fire(session, NOW)
    desk.run()
    desk.run(after=5 * SECOND)
    assert answer(session, alert) == "Not told: route. Its route has no channels."


def test_over_before_anybody_was_told(session, desk):
    alert = fire(session, NOW)
    desk.run()
    change(session, alert, "resolved", NOW)
    desk.run(after=MINUTE)
    assert answer(session, alert) == "Not told: throttled. It was over before anybody was told."


def test_what_has_not_fired(session):
    alert = change(session, fire(session, NOW), "pending", NOW)
    session.flush()
    story = why.answer("pending", (), told=(), next_look=None)
    assert story == "Not told: it is pending and has not fired yet."
    assert answer(session, alert).startswith("Not told: it is pending")
