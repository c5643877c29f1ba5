"""Notifications on their way to a real HTTP server, step by step as the task takes them."""

import json
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import replace

import psycopg
import pytest
from sqlalchemy import select, update

from core.alerts.channel import NoticeKind, TransportError
from core.alerts.channels.slack import SlackBot
from core.alerts.channels.webhook import Webhook
from core.alerts.declared import Book, Declaration
from core.alerts.delivery import Deliverer
from core.alerts.notify import Wanted, notify
from core.alerts.posting import Poster
from core.alerts.sample import sample
from core.alerts.settling import Settler, replay
from core.alerts.template import Wording
from core.model import Alert, AlertGroup, DeliveryAttempt, Notification, WorkItem
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.resilience.breaker import BreakerOpenError
from core.store import notifications, work
from core.store.notifications import Promised
from tests.conftest import NOON
from tests.http_sink import sinking

PROMISED = Promised(frozenset({"pages"}))
FIRST = replace(sample().alerts[0], id=1)
SECOND = replace(FIRST, id=2)
LOSE = """
    SELECT pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()"""


@contextmanager
def then(happens):
    """Something happens once the channel has taken it."""
    yield
    happens()


def die():
    raise KeyboardInterrupt


@pytest.fixture
def sink():
    with sinking() as found:
        yield found


@pytest.fixture
def deliverer(database, clock, sink):
    poster = Poster(Outbound(OutboundPolicy.of(["127.0.0.1"])), clock)
    hook = Webhook(name="ops", poster=poster, url=sink.url, headers={"x-key": "hunter22"})
    chat = SlackBot(name="chat", poster=poster, token="t", channel="C1", url=sink.url)
    declared = {
        "ops": Declaration(channel=hook, wording=Wording(title="{{ kind }}: {{ title }}")),
        "chat": Declaration(channel=chat),
        "pages": Declaration(channel=replace(hook, name="pages", kind="pagerduty")),
    }
    book = Book(declared=declared, secrets=frozenset({"hunter22"}))
    return Deliverer(database, book, lambda _: nullcontext(), clock)


@pytest.fixture
def add(clock):
    return lambda session, order: work.add(session, order, clock.now()).work_id


@pytest.fixture
def tell(database, clock, add):
    """Decides that a channel is to be told; the id of the notification."""

    def telling(kind=NoticeKind.TRIGGER, alerts=(FIRST,), **values):
        wanted = Wanted(
            kind=kind,
            alerts=alerts,
            **{"channel": "ops", "dedup_key": "d", "title": "t", "summary": "s", **values},
        )
        with database.transaction() as session:
            found = notify(session, wanted, add=add, now=clock.now())
        clock.advance(1)
        return found

    return telling


@pytest.fixture
def deliver(deliverer):
    return deliverer.deliver


@pytest.fixture
def settle(database, clock, add):
    def settling():
        with database.transaction() as session:
            return Settler(add, PROMISED).settle(session, clock.now())

    return settling


def row(database, notification_id):
    with database.transaction() as session:
        found = session.get_one(Notification, notification_id)
        session.expunge(found)
        return found


def attempts(database):
    with database.transaction() as session:
        found = session.scalars(select(DeliveryAttempt).order_by(DeliveryAttempt.id)).all()
        session.expunge_all()
        return found


def test_what_is_to_be_told_is_a_row_and_a_piece_of_work(database, tell):
    told = row(database, tell())
    with database.transaction() as session:
        item = session.get_one(WorkItem, told.work_id)
        assert (item.task, item.queue, item.target) == ("alerts.deliver", "alerts", "channel:ops")
        assert item.arguments == {"notification_id": told.id}
        assert item.concurrency_key == "channel:ops-d"
    assert (told.state, told.alert_ids) == ("waiting", [1])


def test_one_flush_tells_a_channel_once(database, tell):
    assert tell(group_id=1, flush_seq=1) is not None
    assert tell(group_id=1, flush_seq=1) is None
    assert tell(group_id=1, flush_seq=1, channel="chat") is not None


def test_what_was_taken_is_written_down(database, tell, deliver, sink):
    sink.answers = [(200, {}, b"thanks, hunter22")]
    notification_id = tell()
    assert deliver(notification_id)["sent"]
    told, attempt = row(database, notification_id), attempts(database)[0]
    assert (told.state, attempt.status, attempt.error) == ("delivered", 200, None)
    assert attempt.excerpt == "thanks, ••••"
    assert attempt.seconds > 0
    assert json.loads(sink.received[0].body)["title"] == "trigger: t"


def test_a_failure_is_a_row_although_its_work_is_taken_back(database, tell, deliver, sink):
    sink.answers = [(429, {"retry-after": "9"}, b"hunter22 too often"), (200, {}, b"")]
    notification_id = tell()
    with pytest.raises(TransportError) as raised:
        deliver(notification_id)
    deliver(notification_id)
    first, second = attempts(database)
    assert (first.attempt, first.status, first.retry_after) == (1, 429, 9)
    assert (first.excerpt, raised.value.retry_after) == ("•••• too often", 9)
    assert (second.attempt, second.error) == (2, None)
    assert len({each.headers["webhook-id"] for each in sink.received}) == 1


def test_what_was_delivered_is_not_sent_again(database, tell, deliver, sink):
    notification_id = tell()
    deliver(notification_id)
    assert deliver(notification_id) == {"sent": False, "reason": "delivered"}
    assert len(sink.received) == 1


def test_an_attempt_that_was_broken_off_is_known(database, tell, deliver, deliverer, sink):
    """The worker died after the channel had taken it, and before that was written down."""
    notification_id = tell()
    with suppress(KeyboardInterrupt):
        replace(deliverer, guarded=lambda _: then(die)).deliver(notification_id)
    assert row(database, notification_id).state == "waiting"
    assert attempts(database)[0].seconds is None
    deliver(notification_id)
    assert len({each.headers["webhook-id"] for each in sink.received}) == 1
    assert len(sink.received) == 2


def test_what_was_taken_is_written_down_once_the_database_is_back(database, tell, deliverer, sink):
    def lose_connections():
        with psycopg.connect(database.url) as other:
            other.execute(LOSE)

    notification_id = tell()
    guarded = replace(deliverer, guarded=lambda _: then(lose_connections))
    assert guarded.deliver(notification_id)["sent"]
    assert row(database, notification_id).state == "delivered"
    assert (len(sink.received), len(attempts(database))) == (1, 1)


def test_an_old_trigger_is_not_told_after_the_end(database, tell, deliver, sink):
    trigger, end = tell(), tell(NoticeKind.RESOLVE)
    deliver(end)
    assert deliver(trigger)["reason"] == "superseded"
    assert row(database, trigger).state == "superseded"
    assert len(sink.received) == 1


def test_an_update_replaces_only_what_it_tells_itself(database, tell, deliver):
    one, both, other = tell(), tell(alerts=(FIRST, SECOND)), tell(NoticeKind.UPDATE, (SECOND,))
    assert [deliver(each)["sent"] for each in (one, both, other)] == [False, True, True]


def test_an_acknowledgement_replaces_nothing(database, tell, deliver):
    trigger, seen = tell(), tell(NoticeKind.ACKNOWLEDGE)
    update_ = tell(NoticeKind.UPDATE, (SECOND,))
    assert [deliver(each)["sent"] for each in (trigger, seen, update_)] == [True, True, True]


def test_episodes_and_channels_do_not_touch_one_another(database, tell, deliver):
    trigger = tell()
    tell(NoticeKind.RESOLVE, dedup_key="other")
    tell(NoticeKind.RESOLVE, channel="pages")
    assert deliver(trigger)["sent"]


def test_what_follows_goes_into_the_thread_of_the_first(database, tell, deliver, sink):
    sink.answers = [(200, {}, b'{"ok":true,"channel":"C1","ts":"1.1"}')]
    first, last = tell(channel="chat"), tell(NoticeKind.UPDATE, (SECOND,), channel="chat")
    deliver(first)
    deliver(last)
    assert json.loads(sink.received[-1].body)["thread_ts"] == "1.1"
    assert row(database, last).thread == "C1/1.1"


def test_an_open_breaker_costs_no_attempt(database, tell, deliverer):
    def refuse(_):
        raise BreakerOpenError(retry_after=5)

    with pytest.raises(BreakerOpenError):
        replace(deliverer, guarded=refuse).deliver(tell())
    assert attempts(database) == []


def test_a_channel_that_is_gone_says_so_and_can_be_replayed(
    database, tell, deliver, deliverer, add
):
    notification_id = tell(channel="gone")
    with pytest.raises(TransportError, match="channel gone cannot be used") as raised:
        deliver(notification_id)
    deliverer.give_up(notification_id, str(raised.value))
    assert row(database, notification_id).state == "dead"
    hook = replace(deliverer.book.find("ops").channel, name="gone")
    repaired = replace(deliverer, book=Book(declared={"gone": Declaration(channel=hook)}))
    with database.transaction() as session:
        session.execute(update(WorkItem).values(state="dead"))
        replay(session, notifications.get(session, notification_id), add=add)
    assert row(database, notification_id).state == "waiting"
    assert repaired.deliver(notification_id)["sent"]


def test_work_that_ended_without_its_notification_is_noticed(database, tell, add):
    notification_id = tell()
    with database.transaction() as session:
        session.execute(update(WorkItem).values(state="dead"))
        assert Settler(add, PROMISED).settle(session, NOON).abandoned == 1
    assert row(database, notification_id).state == "dead"


def test_what_was_opened_is_closed_when_nobody_is_left_to_say_so(
    database, tell, deliver, settle, clock
):
    deliver(tell(channel="pages"))
    assert settle().resolved == 0  # whoever decides may be about to
    clock.advance(600)
    assert settle().resolved == 1
    assert settle().resolved == 0
    with database.transaction() as session:
        end = session.scalars(select(Notification).order_by(Notification.id.desc())).first()
    assert (end.kind, end.dedup_key) == ("resolve", "d")
    deliver(end.id)
    assert end.notice["alerts"][0]["state"] == "resolved"


def test_nothing_is_closed_that_nobody_was_told_of(tell, settle, clock):
    tell(channel="pages")
    clock.advance(600)
    assert settle().resolved == 0


def test_nothing_is_closed_while_its_group_is_open(database, tell, deliver, settle, clock):
    with database.transaction() as session:
        group = AlertGroup(route="r", group_key="g", labels={}, opened_at=NOON)
        session.add(group)
        session.flush()
        group_id = group.id
    deliver(tell(channel="pages", group_id=group_id, flush_seq=1))
    clock.advance(600)
    assert settle().resolved == 0
    with database.transaction() as session:
        session.execute(update(AlertGroup).values(closed_at=clock.now()))
    assert settle().resolved == 1


def test_nothing_is_closed_while_its_alert_fires(database, tell, deliver, settle, clock):
    with database.transaction() as session:
        alert = Alert(
            fingerprint="f",
            labels={},
            severity="high",
            state="firing",
            reason="r",
            started_at=NOON,
            state_at=NOON,
        )
        session.add(alert)
        session.flush()
        fires = replace(FIRST, id=alert.id)
    deliver(tell(channel="pages", alerts=(fires,)))
    clock.advance(600)
    assert settle().resolved == 0


@pytest.fixture
def given_up(database, tell, deliver, deliverer):
    """The end of an episode that did not get through."""
    deliver(tell(channel="pages"))
    end = tell(NoticeKind.RESOLVE, channel="pages")
    deliverer.give_up(end, "away")
    with database.transaction() as session:
        session.execute(update(WorkItem).values(state="dead"))
    return end


def test_an_end_that_was_given_up_is_tried_again_once_the_channel_works(
    database, tell, deliver, settle, given_up
):
    assert settle().revived == 0
    deliver(tell(channel="pages", dedup_key="another"))
    assert settle().revived == 1
    assert row(database, given_up).state == "waiting"


def test_attempts_are_counted(database, tell, deliverer, sink):
    seen = []
    counting = replace(deliverer, observe=lambda *told: seen.append(told))
    sink.answers = [(500, {}, b""), (200, {}, b"")]
    notification_id = tell()
    for _ in range(2):
        with suppress(TransportError):
            counting.deliver(notification_id)
    assert seen == [("ops", "failed"), ("ops", "delivered", 1.0)]
