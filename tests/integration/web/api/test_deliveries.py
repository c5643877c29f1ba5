from dataclasses import replace

import pytest

from core.alerts.channel import NoticeKind
from core.alerts.notify import Wanted, notify
from core.alerts.sample import sample
from core.errors import ErrorReport, report
from core.model import DeadLetter, WorkItem
from core.store import notifications, work
from core.store.deadletters import Capture, insert_capture
from core.store.notifications import Outcome
from tests.conftest import NOON

URL = "/api/v1/deliveries"


@pytest.fixture
def tell(database):
    """Decides that a channel is to be told; the id of the notification."""

    def telling(**values):
        usual = {"channel": "ops", "dedup_key": "d", "title": "Too slow", "summary": "s"}
        alerts = (replace(sample().alerts[0], id=3),)
        wanted = Wanted(kind=NoticeKind.TRIGGER, alerts=alerts, **{**usual, **values})
        with database.transaction() as session:
            return notify(session, wanted, add=lambda s, o: work.add(s, o, NOON).work_id, now=NOON)

    return telling


@pytest.fixture
def dead(database, tell):
    """One that was given up, with its dead letter."""
    notification_id = tell()
    failed: ErrorReport = report(OSError("away"))
    with database.transaction() as session:
        row = notifications.get(session, notification_id)
        item = session.get_one(WorkItem, row.work_id)
        item.state = "dead"
        attempt = notifications.begin(session, row, NOON)
        notifications.ended(session, attempt, Outcome(seconds=0.1, status=503, error="away"))
        notifications.close(session, notification_id, "dead", NOON)
        letter = Capture(
            capture_key=f"work-{item.id}",
            reason="exhausted",
            task=item.task,
            queue=item.queue,
            message_id=f"work-{item.id}",
            work_id=item.id,
            arguments={"args": [], "kwargs": item.arguments},
            error=failed,
            attempts=20,
        )
        insert_capture(session, letter, NOON)
    return notification_id


def test_a_notification_is_shown_with_its_attempts(reader, dead):
    shown = reader.get(f"{URL}/{dead}").json()
    assert (shown["state"], shown["title"], shown["alert_ids"]) == ("dead", "Too slow", ["3"])
    assert shown["attempts"][0]["status"] == 503
    assert shown["attempts"][0]["error"] == "away"
    assert reader.get(f"{URL}/9999").status_code == 404


def test_lists_are_asked_for_and_go_on(reader, tell):
    first, second = str(tell()), str(tell(channel="pages"))
    assert [each["id"] for each in reader.get(URL).json()] == [second, first]
    assert [each["id"] for each in reader.get(f"{URL}?channel=pages").json()] == [second]
    assert reader.get(f"{URL}?alert=4").json() == []
    assert len(reader.get(f"{URL}?alert=3&state=waiting&kind=trigger&dedup_key=d").json()) == 2
    page = reader.get(f"{URL}?limit=1")
    assert 'rel="next"; results="true"' in page.headers["link"]


@pytest.mark.parametrize("query", ["state=odd", "kind=odd", "alert=x"])
def test_a_question_that_makes_no_sense_is_refused(reader, query):
    assert reader.get(f"{URL}?{query}").status_code == 422


def test_those_of_another_project_are_not_seen(as_role, project, tell):
    tell()
    own = str(tell(channel="pages", project_id=project.id))
    scoped = as_role("read", project.id)
    assert [each["id"] for each in scoped.get(URL).json()] == [own]


def test_what_was_given_up_is_sent_again_with_its_letter(operator, admin, database, dead):
    replayed = operator.post(f"{URL}/{dead}/replay").json()
    with database.transaction() as session:
        row = notifications.get(session, dead)
        item = session.get_one(WorkItem, row.work_id)
        assert (row.state, str(item.id)) == ("waiting", replayed["work_id"])
        assert (item.task, item.arguments) == ("alerts.deliver", {"notification_id": dead})
        assert session.query(DeadLetter).one().state == "replayed"
    acts = admin.get("/api/v1/audit?subject=notification").json()
    assert [each["act"] for each in acts] == ["notification.replayed"]


def test_a_replay_is_done_once_for_its_key(operator, dead):
    key = {"idempotency-key": "k"}
    first = operator.post(f"{URL}/{dead}/replay", headers=key)
    assert operator.post(f"{URL}/{dead}/replay", headers=key).json() == first.json()
    assert operator.post(f"{URL}/{dead}/replay").status_code == 409


def test_who_only_reads_sends_nothing(reader, dead):
    assert reader.post(f"{URL}/{dead}/replay").status_code == 403


def test_channels_are_listed(reader):
    assert reader.get(f"{URL}/channels").json() == []
