from datetime import timedelta

import pytest

from core.access.audit import Actor
from core.alerts import silencing, why
from core.alerts.matcher import Matcher
from core.alerts.silence import Ends, Scope, Window
from core.alerts.silencing import NewSilence
from core.errors import UnprocessableError
from core.model import Deploy
from tests.integration.core.alerts.raising import MINUTE, SECOND, Desk, change, fire
from tests.integration.core.rows import NOW, add_issue

ANN = Actor("ann")
RULE = {"scope": Scope.RULE, "subject": "High error rate"}


@pytest.fixture
def desk(session):
    return Desk(session, NOW)


def silence(session, now=NOW, **values):
    wanted = NewSilence(**{"reason": "known", **RULE, **values})
    return silencing.create(session, wanted, actor=ANN, now=now)


def test_what_is_silenced_is_told_at_once_when_the_silence_ends(session, desk):
    alert, row = fire(session, NOW), silence(session)
    desk.run()
    desk.run(after=5 * SECOND)
    assert desk.told() == []
    assert (row.covered, desk.trace(alert)[-1]) == (1, "silenced")
    assert "By silence" in why.story(session, alert).answer
    silencing.expire(session, row, actor=ANN, now=desk.now)
    desk.run(after=SECOND)
    assert desk.told() == [("ops", "trigger", 1)]


def test_until_resolved(session, desk):
    alert, row = fire(session, NOW), silence(session, ends=Ends(resolved=True))
    desk.run()
    desk.run(after=5 * SECOND)
    assert row.expired_at is None
    change(session, alert, "resolved", desk.now)
    desk.run(after=6 * MINUTE)
    desk.run(after=SECOND)
    assert row.expired_why == "All that it covered is resolved."
    assert desk.told() == []


def test_one_that_begins_later_does_not_end_before(session, desk):
    alert = fire(session, NOW)
    row = silence(session, starts_at=NOW + timedelta(hours=1), ends=Ends(resolved=True))
    change(session, alert, "resolved", NOW + MINUTE)
    desk.run(after=2 * MINUTE)
    assert row.expired_at is None
    again = fire(session, NOW + timedelta(hours=2), "High error rate", component="cart")
    desk.now = NOW + timedelta(hours=2)
    desk.run()
    desk.run(after=5 * SECOND)
    assert (row.covered, desk.trace(again)[-1]) == (1, "silenced")
    change(session, again, "resolved", desk.now)
    desk.run(after=6 * MINUTE)
    desk.run(after=SECOND)
    assert row.expired_why == "All that it covered is resolved."


def test_until_a_time(session, desk):
    fire(session, NOW)
    row = silence(session, ends=Ends(at=NOW + MINUTE))
    desk.run()
    desk.run(after=5 * SECOND)
    assert row.warned_at == NOW
    desk.run(after=MINUTE)
    assert row.expired_why == "Its time was over."
    assert desk.told() == [("ops", "trigger", 1)]


def test_until_so_many_more_events_of_an_issue(session, project_id, desk):
    issue = add_issue(session, project_id, event_count=10)
    row = silence(session, scope=Scope.ISSUE, subject=str(issue.id), ends=Ends(events=5))
    for count, ended in ((14, False), (15, True)):
        issue.event_count = count
        session.flush()
        desk.run(after=SECOND)
        assert (row.expired_at is not None) is ended


def test_until_so_many_more_alerts(session, desk):
    row = silence(session, ends=Ends(events=2))
    for number in range(2):
        fire(session, desk.now, component=f"part {number}")
        desk.run()
        desk.run(after=5 * SECOND)
    desk.run(after=SECOND)
    assert (row.covered, row.expired_why) == (2, "2 more events came.")


def test_until_the_next_release(session, project_id, desk):
    row = silence(session, project_id=project_id, ends=Ends(release=True))
    deploy = {"project_id": project_id, "kind": "release", "name": "2.0", "note": ""}
    session.add(Deploy(**deploy, at=NOW - MINUTE, created_by="ann", created_at=NOW))
    session.flush()
    desk.run(after=SECOND)
    assert row.expired_at is None
    session.add(Deploy(**deploy, at=NOW + SECOND, created_by="ann", created_at=NOW))
    session.flush()
    desk.run(after=SECOND)
    assert row.expired_why == "There is a new release."


def test_what_does_not_match_the_silence_is_told(session, desk):
    silence(session, scope=Scope.LABELS, subject="", matchers=(Matcher.parse("component=a"),))
    fire(session, NOW, component="b")
    desk.run()
    desk.run(after=5 * SECOND)
    assert len(desk.told()) == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"reason": " "},
        {"subject": ""},
        {"ends": Ends(at=NOW)},
        {"window": Window("0 2 * * *", 0)},
        {"window": Window("never", 5)},
        {"scope": Scope.ISSUE, "subject": "x"},
        {"scope": Scope.LABELS},
    ],
)
def test_what_makes_no_silence(session, wrong):
    with pytest.raises(UnprocessableError):
        silence(session, **wrong)


def test_in_a_maintenance_nothing_is_told_and_afterwards_all(session):
    desk = Desk(session, NOW)
    silence(session, window=Window("0 12 * * *", 30))
    fire(session, NOW)
    desk.run()
    desk.run(after=10 * MINUTE)
    assert desk.told() == []
    desk.run(after=timedelta(minutes=21))
    assert desk.told() == [("ops", "trigger", 1)]
