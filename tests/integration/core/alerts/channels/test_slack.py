import json
from dataclasses import replace

import pytest

from core.alerts.channel import NoticeKind, TransportError
from core.alerts.channels.slack import SlackBot, SlackWebhook
from core.alerts.sample import sample

POSTED = (200, {}, b'{"ok":true,"channel":"C1","ts":"1700.1"}')


@pytest.fixture
def bot(sink, poster):
    sink.answers = [POSTED]
    return SlackBot(name="chat", poster=poster, token="xoxb-1", channel="#ops", url=sink.url)


def told(sink):
    return [(each.path, json.loads(each.body)) for each in sink.received]


def test_a_webhook_gets_blocks(sink, poster):
    sink.answers = [(200, {}, b"ok")]
    slack = SlackWebhook(name="chat", poster=poster, url=f"{sink.url}/services/T/B/x")
    receipt = slack.send(replace(sample(), title="5 < 6 & more", url="http://m"), timeout=2)
    _, body = told(sink)[0]
    blocks = body["attachments"][0]["blocks"]
    assert body["text"] == "5 &lt; 6 &amp; more"
    assert blocks[0]["text"]["text"] == "5 < 6 & more"
    assert "*TestAlert*: firing, info (1)" in blocks[2]["text"]["text"]
    assert blocks[-1]["elements"][0]["url"] == "http://m"
    assert body["metadata"]["event_payload"]["webhook_id"] == "ntf_test_test"
    assert (receipt.excerpt, receipt.thread) == ("ok", None)


@pytest.mark.parametrize(
    ("href", "shown"),
    [
        ("https://prom/graph?a=1&b=2", "<https://prom/graph?a=1&amp;b=2|source>"),
        ("!channel", "source: !channel"),
        (
            "https://a> <!channel> <https://b",
            "<https://a&gt; &lt;!channel&gt; &lt;https://b|source>",
        ),
        ("https://a|<@U1>", "<https://a%7C&lt;@U1&gt;|source>"),
    ],
)
def test_a_link_of_a_stranger_calls_nobody(sink, bot, href, shown):
    (alert,) = sample().alerts
    notice = replace(sample(), alerts=(replace(alert, links={"source": href}),))
    bot.send(notice, timeout=2)
    text = told(sink)[0][1]["attachments"][0]["blocks"][2]["text"]["text"]
    assert text.splitlines()[-1] == shown


def test_many_alerts_fit_into_one_message(sink, bot):
    many = replace(sample(), alerts=sample().alerts * 100, truncated=400, summary="y" * 9_000)
    bot.send(many, timeout=2)
    blocks = told(sink)[0][1]["attachments"][0]["blocks"]
    assert len(blocks) <= 50
    assert blocks[-1]["elements"][0]["text"] == "and 490 more"
    assert all(len(each["text"]["text"]) <= 3_000 for each in blocks if "text" in each)


def test_the_first_message_of_a_bot_begins_a_thread(sink, bot):
    receipt = bot.send(sample(NoticeKind.TRIGGER), timeout=2)
    path, body = told(sink)[0]
    assert (path, body["channel"]) == ("/chat.postMessage", "#ops")
    assert sink.received[0].headers["authorization"] == "Bearer xoxb-1"
    assert receipt.thread == receipt.provider_id == "C1/1700.1"


def test_what_follows_answers_in_the_thread_and_changes_the_first_message(sink, bot):
    sink.answers = [POSTED, (200, {}, b'{"ok":true,"channel":"C1","ts":"1700.2"}')]
    receipt = bot.send(replace(sample(NoticeKind.RESOLVE), thread="C1/1700.1"), timeout=2)
    (changed, first), (posted, answer) = told(sink)
    assert (changed, first["channel"], first["ts"]) == ("/chat.update", "C1", "1700.1")
    assert first["attachments"][0]["color"] == "#2e7d32"
    assert (posted, answer["thread_ts"]) == ("/chat.postMessage", "1700.1")
    assert (receipt.provider_id, receipt.thread) == ("C1/1700.2", "C1/1700.1")


def test_a_first_message_that_is_gone_stops_nothing(sink, bot):
    sink.answers = [(200, {}, b'{"ok":false,"error":"message_not_found"}'), POSTED]
    bot.send(replace(sample(NoticeKind.RESOLVE), thread="C1/1.1"), timeout=2)
    assert told(sink)[1][0] == "/chat.postMessage"


@pytest.mark.parametrize(
    ("answer", "permanent"),
    [
        (b'{"ok":false,"error":"channel_not_found"}', True),
        (b'{"ok":false,"error":"ratelimited"}', False),
        (b"<html>", False),
        (b"[]", False),
    ],
)
def test_a_refusal_comes_as_a_success_of_http(sink, bot, answer, permanent):
    sink.answers = [(200, {"retry-after": "3"}, answer)]
    with pytest.raises(TransportError) as raised:
        bot.send(sample(), timeout=2)
    assert raised.value.permanent is permanent
    assert raised.value.retry_after == 3


def test_too_much_at_once_is_told_with_a_time(sink, bot):
    sink.answers = [(429, {"retry-after": "30"}, b"")]
    with pytest.raises(TransportError) as raised:
        bot.send(sample(), timeout=2)
    assert (raised.value.permanent, raised.value.retry_after) == (False, 30)
