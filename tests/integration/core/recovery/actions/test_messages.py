"""Webhook and release: signed messages to a real server."""

import json

import pytest

from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from core.outbound.signing import genuine, new_secret
from core.recovery.action import ActionError
from core.recovery.actions.release import ReleaseAction
from core.recovery.actions.webhook import WebhookAction
from core.recovery.arguments import ArgumentError
from core.recovery.declared import Webhook
from core.recovery.messages import Messenger
from tests.http_sink import sinking

SECRET = new_secret()
HERE = OutboundPolicy.of(["127.0.0.1"])


@pytest.fixture(scope="module")
def server():
    with sinking() as found:
        yield found


@pytest.fixture
def sink(server):
    server.answers, server.received = [(200, {}, b'{"ok": true}')], []
    return server


@pytest.fixture
def hooks(sink):
    headers = {"Authorization": "Bearer hunter22hunter22hunter22"}
    return {"shop": Webhook(f"{sink.url}/hook", (SECRET,), headers, takes_back=True)}


@pytest.fixture
def messenger(clock):
    return Messenger(Outbound(HERE), clock)


@pytest.fixture
def webhook(hooks, messenger):
    return WebhookAction(hooks, messenger)


def test_a_message_is_signed_and_says_what_it_is_about(webhook, sink, order, clock, project):
    done = webhook.run(order("webhook", webhook="shop", type="cache.drop", data={"deep": True}))
    (sent,) = sink.received
    body = json.loads(sent.body)
    assert genuine(sent.headers, sent.body, secret=SECRET, now=clock.now())
    assert (body["type"], body["data"]["deep"]) == ("cache.drop", True)
    assert (body["data"]["project_id"], body["data"]["component"]) == (project, "checkout")
    assert sent.headers["idempotency-key"] == sent.headers["webhook-id"] == "key-1:cache.drop"
    assert (done.evidence["status"], done.undo) == (200, {"type": "cache.drop"})


def test_it_is_taken_back_by_a_message_of_its_own(webhook, sink, order):
    asked = order("webhook", webhook="shop", type="cache.drop")
    webhook.undo(asked, webhook.run(asked).undo)
    assert json.loads(sink.received[1].body)["type"] == "cache.drop.undone"


def test_a_dry_run_sends_nothing(webhook, sink, order):
    webhook.run(order("webhook", webhook="shop", dry_run=True))
    assert sink.received == []


ANSWERS = [
    ((500, {}, b""), (False, None)),
    ((503, {"retry-after": "7"}, b""), (False, 7.0)),
    ((429, {"retry-after": "9"}, b""), (False, 9.0)),
    ((408, {}, b""), (False, None)),
    ((400, {}, b""), (True, None)),
    ((401, {}, b""), (True, None)),
    ((410, {}, b""), (True, None)),
    ((302, {"location": "http://127.0.0.1/"}, b""), (True, None)),
]


@pytest.mark.parametrize(("answer", "told"), ANSWERS)
def test_what_may_pass_is_tried_again_by_the_engine(webhook, sink, order, answer, told):
    sink.answers = [answer]
    with pytest.raises(ActionError) as caught:
        webhook.run(order("webhook", webhook="shop"))
    assert (caught.value.permanent, caught.value.retry_after) == told
    assert len(sink.received) == 1


def test_no_secret_is_told(webhook, sink, order, hooks):
    sink.answers = [(200, {}, b"token=abcdefghij https://u:hunter22@h/")]
    done = webhook.run(order("webhook", webhook="shop"))
    for told in (repr(done), repr(hooks)):
        assert "hunter22" not in told
        assert "abcdefghij" not in told
        assert SECRET not in told


def test_an_address_inside_is_refused_unless_it_is_allowed(hooks, clock, order, sink):
    webhook = WebhookAction(hooks, Messenger(Outbound(OutboundPolicy()), clock))
    with pytest.raises(ActionError, match="MENDLINE_OUTBOUND_ALLOW") as caught:
        webhook.run(order("webhook", webhook="shop"))
    assert (caught.value.permanent, sink.received) == (True, [])


def test_only_declared_webhooks_are_called(webhook, order):
    with pytest.raises(ArgumentError, match=r"declared under \[webhooks\] are: shop"):
        webhook.run(order("webhook", webhook="other"))
    with pytest.raises(ArgumentError, match="does not know url"):
        webhook.run(order("webhook", webhook="shop", url="http://127.0.0.1/"))


def test_a_release_is_rolled_back_and_forward(hooks, messenger, sink, order):
    action = ReleaseAction(hooks, messenger)
    asked = order("release", webhook="shop", to="1.4.1")
    done = action.run(asked)
    action.undo(asked, done.undo)
    back, again = (json.loads(each.body) for each in sink.received)
    assert (back["type"], back["data"]["release"], back["data"]["to"]) == (
        "release.rollback",
        "1.4.2",
        "1.4.1",
    )
    assert (again["data"]["release"], again["data"]["to"]) == ("1.4.1", "1.4.2")


def test_an_answer_that_no_row_could_hold_is_told_all_the_same(webhook, sink, order):
    sink.answers = [(200, {}, b"done\0")]
    assert webhook.run(order("webhook", webhook="shop")).evidence["answer"] == "done\ufffd"
