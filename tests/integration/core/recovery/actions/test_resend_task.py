import orjson
import pytest

from core.recovery.action import ActionError
from core.recovery.actions.resend_task import ResendTaskAction
from core.recovery.arguments import ArgumentError
from core.recovery.ports import MemoryQueues, Resend
from core.recovery.replayable import Replayable
from core.store.payloads import Payloads
from tests.integration.core.rows import add_event, add_issue

CHARGE = {"task": "shop.charge", "queue": "payments", "kwargs": {"order": 17}, "broker": "shop"}


@pytest.fixture
def queues():
    return MemoryQueues()


@pytest.fixture
def action(queues, database):
    return ResendTaskAction(queues, {"shop"}, Replayable(database, Payloads()))


@pytest.fixture
def event(database, project):
    def store(replay, **values):
        document = orjson.dumps({"event": {"contexts": {"mendline": {"replay": replay}}}})
        with database.transaction() as session:
            payload = Payloads().pack(session, document, None)
            told = {"payload": payload} | values
            return add_event(session, add_issue(session, project), **told).hex

    return store


def test_a_task_is_sent_as_its_event_says(action, queues, event, order):
    done = action.run(order("resend_task", event_id=event(CHARGE)))
    expected = Resend("shop.charge", "payments", (), {"order": 17}, "shop")
    assert queues.sent == {done.evidence["message_id"]: expected}


def test_a_repeat_has_the_same_id_and_another_order_another_one(action, queues, order):
    for _ in range(2):
        action.run(order("resend_task", **CHARGE))
    assert len(queues.sent) == 1
    action.run(order("resend_task", order_key="key-2", **CHARGE))
    assert len(queues.sent) == 2


def test_a_dry_run_sends_nothing(action, queues, event, order):
    action.run(order("resend_task", event_id=event(CHARGE), dry_run=True))
    assert queues.sent == {}


def test_arguments_whose_secrets_were_taken_out_are_not_sent(action, queues, event, order):
    told = CHARGE | {"kwargs": {"card": "[Filtered]"}}
    with pytest.raises(ActionError, match="secrets") as caught:
        action.run(order("resend_task", event_id=event(told)))
    assert (caught.value.permanent, queues.sent) == (True, {})


def test_what_cannot_be_sent_again_is_a_lasting_failure(action, event, order):
    wanted = [
        event(None),
        event(CHARGE, payload=None),
        event({"task": "shop.charge"}),
        event(CHARGE | {"broker": "other"}),
        "0" * 32,
        "no id",
    ]
    for event_id in wanted:
        with pytest.raises(ActionError) as caught:
            action.run(order("resend_task", event_id=event_id))
        assert caught.value.permanent


def test_an_event_of_another_project_is_not_there(action, queues, event, order):
    asked = order("resend_task", event_id=event(CHARGE))
    asked.about["project_id"] += 1
    with pytest.raises(ActionError):
        action.run(asked)
    assert queues.sent == {}


def test_a_broker_that_is_not_declared_is_refused(action, order):
    with pytest.raises(ArgumentError, match="MENDLINE_BROKERS"):
        action.run(order("resend_task", **CHARGE | {"broker": "elsewhere"}))
