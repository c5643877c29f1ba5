import json
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest

from core.alerts.channel import NoticeKind, TransportError
from core.alerts.channels.webhook import Webhook
from core.alerts.posting import Poster
from core.alerts.sample import sample
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.outbound.signing import genuine, new_secret
from tests.conftest import NOON


@pytest.fixture
def webhook(sink, poster):
    return Webhook(name="ops", poster=poster, url=f"{sink.url}/told", secrets=(new_secret(),))


def test_the_body_is_that_of_alertmanager(sink, webhook):
    receipt = webhook.send(sample(url="http://mendline.test/alerts/1"), timeout=2)
    body = json.loads(sink.received[0].body)
    assert receipt.status == 200
    assert (body["version"], body["status"], body["receiver"]) == ("4", "firing", "ops")
    assert body["groupLabels"] == {"alertname": "TestAlert"}
    assert body["commonLabels"]["component"] == "mendline"
    assert body["alerts"][0]["startsAt"] == "2026-01-01T00:00:00.000Z"
    assert body["alerts"][0]["endsAt"] == "0001-01-01T00:00:00Z"
    assert body["externalURL"] == "http://mendline.test/alerts/1"


def test_what_is_sent_can_be_told_to_be_ours(sink, webhook):
    webhook.send(sample(), timeout=2)
    got = sink.received[0]
    assert genuine(got.headers, got.body, secret=webhook.secrets[0], now=NOON)
    assert not genuine(got.headers, got.body + b" ", secret=webhook.secrets[0], now=NOON)


def test_a_repeat_has_the_same_id_and_the_same_body(sink, webhook, clock):
    for _ in range(2):
        webhook.send(sample(), timeout=2)
        clock.advance(60)
    first, second = sink.received
    assert first.headers["webhook-id"] == second.headers["webhook-id"] == "ntf_test_test"
    assert first.body == second.body
    assert first.headers["webhook-timestamp"] != second.headers["webhook-timestamp"]


def test_an_end_says_so(sink, webhook):
    ended = replace(sample().alerts[0], state="resolved", resolved_at=NOON)
    webhook.send(replace(sample(NoticeKind.RESOLVE), alerts=(ended,)), timeout=2)
    body = json.loads(sink.received[0].body)
    assert body["status"] == body["alerts"][0]["status"] == "resolved"
    assert body["alerts"][0]["endsAt"] == "2026-03-01T12:00:00.000Z"


@pytest.mark.parametrize(
    ("status", "permanent"), [(500, False), (503, False), (429, False), (404, True), (302, True)]
)
def test_what_may_pass_and_what_stays(sink, webhook, status, permanent):
    sink.answers = [(status, {}, b"no\x00 \xff")]
    with pytest.raises(TransportError) as raised:
        webhook.send(sample(), timeout=2)
    assert raised.value.permanent is permanent
    assert raised.value.status == status
    assert raised.value.excerpt == "no  \ufffd"


@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("17", 17),
        (format_datetime(NOON + timedelta(seconds=30), usegmt=True), 30),
        ("Sun, 01 Mar 2026 11:00:00 GMT", 0),
        ("soon", None),
        ("Sun, 01 Mar 2026 11:00:00 +99999999999999", None),
    ],
)
def test_the_time_to_wait_may_be_seconds_or_a_moment(sink, webhook, told, seconds):
    sink.answers = [(429, {"retry-after": told}, b"")]
    with pytest.raises(TransportError) as raised:
        webhook.send(sample(), timeout=2)
    assert raised.value.retry_after == seconds


def test_who_does_not_answer_is_tried_again(sink, webhook):
    sink.drip = 0.2
    sink.answers = [(200, {}, b"a very slow answer")]
    with pytest.raises(TransportError) as raised:
        webhook.send(sample(), timeout=0.3)
    assert not raised.value.permanent


def test_an_address_inside_is_not_called(sink, clock):
    poster = Poster(Outbound(OutboundPolicy()), clock)
    with pytest.raises(TransportError, match="may not be called") as raised:
        Webhook(name="ops", poster=poster, url=sink.url).send(sample(), timeout=2)
    assert raised.value.permanent
    assert sink.received == []
