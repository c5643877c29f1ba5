"""Whoever was told that something fires hears of its end: every kind of channel, every way."""

import json
from contextlib import nullcontext
from dataclasses import replace
from email import message_from_bytes

import pytest
from aiosmtpd.controller import Controller
from sqlalchemy import delete, select, update
from structlog.testing import capture_logs

from core.alerts.budget import Budget
from core.alerts.channel import TransportError
from core.alerts.channels.apprise import Apprise
from core.alerts.channels.console import Console
from core.alerts.channels.email import Email, Relay, Tls
from core.alerts.channels.pagerduty import PagerDuty
from core.alerts.channels.slack import GOOD_COLOR, SlackBot, SlackWebhook
from core.alerts.channels.webhook import Webhook
from core.alerts.declared import Book, Declaration
from core.alerts.delivery import Deliverer
from core.alerts.posting import Poster
from core.alerts.route import Plan, Told
from core.alerts.settling import Settler
from core.alerts.why import story
from core.model import Alert, DeliveryAttempt, Notification, WorkItem
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.store.notifications import Promised
from tests.http_sink import sinking
from tests.integration.core.alerts.raising import MINUTE, OPS, SECOND, Desk, change, fire

# Of a part of apprise, on the Pythons that still have what it looks for.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


class Mail(Controller):
    """A mail server on a port that is free."""

    def __init__(self):
        self.told = []
        super().__init__(self, hostname="127.0.0.1", port=0)

    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()

    async def handle_DATA(self, server, session, envelope):  # noqa: N802
        self.told.append(message_from_bytes(envelope.content)["Subject"])
        return "250 queued"


@pytest.fixture(scope="module")
def mail():
    server = Mail()
    server.start()
    yield server
    server.stop()


@pytest.fixture(scope="module")
def server():
    with sinking() as found:
        yield found


@pytest.fixture
def sink(server, mail):
    server.received.clear()
    mail.told.clear()
    server.answers = [(200, {}, b'{"ok":true,"channel":"C1","ts":"1.1"}')]
    return server


def channels(sink, mail, clock):
    poster = Poster(Outbound(OutboundPolicy.of(["127.0.0.1"])), clock)
    relay = Relay(host="127.0.0.1", port=mail.port, tls=Tls.NONE)
    chat = SlackBot(name="slack_bot", poster=poster, token="t", channel="C1", url=f"{sink.url}/bot")
    pages = PagerDuty(
        name="pagerduty", poster=poster, integration_key="k", url=f"{sink.url}/pagerduty"
    )
    return (
        SlackWebhook(name="slack", poster=poster, url=f"{sink.url}/slack"),
        chat,
        pages,
        Webhook(name="webhook", poster=poster, url=f"{sink.url}/webhook"),
        Email(name="email", relay=relay, sender="m@x.org", recipients=("a@x.org",), clock=clock),
        Apprise(name="apprise", address=f"json://127.0.0.1:{sink.port}/apprise"),
        Console(name="console"),
    )


def posted(path):
    return lambda house: [
        json.loads(each.body) for each in house.sink.received if each.path.startswith(path)
    ]


def green(body):
    return body["attachments"][0]["color"] == GOOD_COLOR


# How the other side of each kind sees that it is over, in the last that it was told.
OVER = {
    "slack": (posted("/slack"), green),
    "slack_bot": (posted("/bot/chat.postMessage"), green),
    "pagerduty": (posted("/pagerduty"), lambda body: body["event_action"] == "resolve"),
    "webhook": (posted("/webhook"), lambda body: body["status"] == "resolved"),
    "email": (lambda house: house.mail.told, lambda subject: subject.startswith("[RESOLVED]")),
    "apprise": (posted("/apprise"), lambda body: body["type"] == "success"),
    "console": (lambda house: house.logged, lambda line: line["what"] == "resolve"),
}


class House:
    """What decides, what delivers and what looks after both, on one database."""

    def __init__(self, database, clock, sink, mail, **plan):
        self.database, self.clock, self.sink, self.mail = database, clock, sink, mail
        found = channels(sink, mail, clock)
        book = Book(declared={each.name: Declaration(channel=each) for each in found})
        self.deliverer = Deliverer(database, book, lambda _: nullcontext(), clock)
        self.plan = {"stateful": book.stateful, **plan}
        self.promised = Promised(book.stateful, frozenset(OVER) - book.stateful)
        self.logged = []

    def flush(self, after):
        self.clock.advance(after.total_seconds())
        with self.database.transaction() as session:
            Desk(session, self.clock.now(), **self.plan).run()

    def settle(self, after):
        self.clock.advance(after.total_seconds())
        with self.database.transaction() as session:
            desk = Desk(session, self.clock.now())
            return Settler(desk._add, self.promised).settle(session, self.clock.now())

    def deliver(self):
        with self.database.transaction() as session:
            waiting = select(Notification.id).where(Notification.state == "waiting")
            ids = session.scalars(waiting.order_by(Notification.id)).all()
        with capture_logs() as logged:
            for each in ids:
                self.deliverer.deliver(each)
        self.logged += [each for each in logged if each["event"] == "alert.told"]


@pytest.fixture
def house(database, clock, sink, mail):
    route = replace(OPS, channels=tuple(OVER))
    return House(database, clock, sink, mail, root=route)


@pytest.fixture
def alert(house):
    """All channels were told that it fires."""
    with house.database.transaction() as session:
        found = fire(session, house.clock.now())
        session.expunge(found)
    house.flush(0 * SECOND)
    house.flush(5 * SECOND)
    house.deliver()
    return found


def resolved(house, alert):
    """As the evaluation does where the rule is gone."""
    with house.database.transaction() as session:
        change(session, session.merge(alert), "resolved", house.clock.now())
    house.flush(SECOND)
    house.flush(5 * MINUTE)


def deleted(house, alert):
    """Nobody is left who would decide its end."""
    with house.database.transaction() as session:
        session.execute(delete(Alert).where(Alert.id == alert.id))
    house.settle(10 * MINUTE)


def lost(house, alert):
    """The end was decided, and given up while the channels were away."""
    resolved(house, alert)
    with house.database.transaction() as session:
        session.execute(update(WorkItem).values(state="dead"))
    house.settle(SECOND)
    assert house.settle(SECOND).revived == 0
    with house.database.transaction() as session:
        later = {"state": "delivered", "ended_at": house.clock.now() + SECOND}
        session.execute(update(Notification).where(Notification.kind == "trigger").values(**later))
    assert house.settle(SECOND).revived == len(OVER)


@pytest.mark.parametrize("way", [resolved, deleted, lost])
def test_every_channel_hears_of_the_end_once(house, alert, way):
    way(house, alert)
    house.deliver()
    house.settle(10 * MINUTE)
    house.deliver()
    for name, (heard, over) in OVER.items():
        first, *rest = heard(house)
        assert not over(first), name
        assert [over(each) for each in rest] == [True], name


def test_a_digest_that_is_open_is_ended_with_its_alerts(database, clock, sink, mail):
    route = replace(OPS, channels=("pagerduty",), group_by=("alertname",))
    budgets = {"pagerduty": Budget(1, 10 * MINUTE)}
    house = House(database, clock, sink, mail, root=route, budgets=budgets)
    with database.transaction() as session:
        alerts = [fire(session, clock.now(), name) for name in ("one", "two")]
        session.expunge_all()
    for after in (0 * SECOND, 5 * SECOND, 10 * MINUTE):
        house.flush(after)
    assert house.settle(10 * MINUTE).resolved == 0
    house.deliver()
    assert [each["event_action"] for each in posted("/pagerduty")(house)] == ["trigger", "trigger"]
    for each in alerts:
        resolved(house, each)
    assert house.settle(10 * MINUTE).resolved == 1
    assert house.settle(10 * MINUTE).resolved == 0
    house.deliver()
    told = posted("/pagerduty")(house)
    keys = {
        action: {each["dedup_key"] for each in told if each["event_action"] == action}
        for action in ("trigger", "resolve")
    }
    assert len(keys["trigger"]) == 2
    assert keys["trigger"] == keys["resolve"]


@pytest.mark.parametrize("way", [resolved, deleted])
def test_who_does_not_want_to_hear_of_ends_does_not(house, alert, way):
    house.plan["quiet"] = frozenset({"slack", "webhook"})
    house.promised = replace(house.promised, others=house.promised.others - {"slack", "webhook"})
    way(house, alert)
    house.deliver()
    counts = {name: len(heard(house)) for name, (heard, _) in OVER.items()}
    assert counts == dict.fromkeys(OVER, 2) | {"slack": 1, "webhook": 1}


def test_routes_that_tell_of_beginnings_only_stay_silent_at_the_end(house, alert):
    route = replace(OPS, states=frozenset({Told.FIRING}))
    house.promised = replace(house.promised, firing_only=Plan(root=route).firing_only)
    deleted(house, alert)
    house.deliver()
    counts = {name: len(heard(house)) for name, (heard, _) in OVER.items()}
    assert counts == dict.fromkeys(OVER, 1) | {"pagerduty": 2}


def test_what_left_with_its_time_is_not_told_again(house, alert):
    with house.database.transaction() as session:
        session.execute(delete(Alert).where(Alert.id == alert.id))
    house.flush(OPS.pace.repeat)
    house.promised = replace(house.promised, stateful=frozenset())
    assert house.settle(3 * 24 * 60 * MINUTE).resolved == 0


def test_an_alert_tells_why_it_was_not_delivered(house, alert):
    """The channel cannot be used: no attempt, no error in the log, but an answer to `why`."""
    broken = Book(broken={"email": "it needs smtp"})
    deliverer = replace(house.deliverer, book=broken)
    with house.database.transaction() as session:
        mail = select(Notification.id).where(Notification.channel == "email")
        notification_id = session.scalars(mail).one()
        values = {"state": "waiting", "ended_at": None}
        session.execute(update(Notification).values(**values))
        session.execute(delete(DeliveryAttempt))
    with pytest.raises(TransportError) as raised:
        deliverer.deliver(notification_id)
    house.clock.advance(1)
    with capture_logs() as lines:
        deliverer.give_up(notification_id, str(raised.value))
    assert [line["log_level"] for line in lines] == ["info"]
    with house.database.transaction() as session:
        found = story(session, session.get_one(Alert, alert.id))
    assert found.steps[-1].outcome == "given up"
    assert "cannot be used: it needs smtp" in found.steps[-1].reason
