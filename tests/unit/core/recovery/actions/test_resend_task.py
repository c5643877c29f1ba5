from dataclasses import replace

import pytest

from core.recovery.action import ActionError, Order
from core.recovery.actions.resend_task import ResendTaskAction
from core.recovery.arguments import ArgumentError
from core.recovery.ports import MemoryQueues, Resend

CHARGE = {"task": "shop.charge", "queue": "payments", "kwargs": {"order": 17}, "broker": "shop"}
ORDER = Order("resend_task", "operation:17", CHARGE, "recovery-1", 5.0)


@pytest.fixture
def queues():
    return MemoryQueues()


@pytest.fixture
def action(queues):
    return ResendTaskAction(queues, {"shop"})


def test_a_task_is_sent_to_its_own_broker(action, queues):
    done = action.run(ORDER)
    expected = Resend("shop.charge", "payments", (), {"order": 17}, "shop")
    assert queues.sent == {done.evidence["message_id"]: expected}


def test_a_repeat_has_the_same_id_and_another_order_another_one(action, queues):
    action.run(ORDER)
    action.run(ORDER)
    assert len(queues.sent) == 1
    action.run(replace(ORDER, idempotency_key="recovery-2"))
    assert len(queues.sent) == 2


def test_a_dry_run_sends_nothing(action, queues):
    action.run(replace(ORDER, dry_run=True))
    assert queues.sent == {}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"kwargs": {"card": "[Filtered]"}}, "secrets"),
        ({"broker": "elsewhere"}, "MENDLINE_BROKERS"),
        ({"task": None}, "needs task"),
        ({"queue": ""}, "needs queue"),
        ({"args": "17"}, "needs args, a list"),
        ({"headers": {}}, "does not know headers"),
    ],
)
def test_what_cannot_be_sent_as_it_was_is_refused(action, queues, changes, why):
    with pytest.raises(ArgumentError, match=why):
        action.run(replace(ORDER, arguments=CHARGE | changes))
    assert queues.sent == {}


def test_it_cannot_be_taken_back(action):
    with pytest.raises(ActionError, match="taken back"):
        action.undo(ORDER, {})
