"""Messages that carry content: what outsiders send, and what becomes of it."""

import pytest

from core.model import WorkItem
from tests.integration.tasks.conftest import wait_until

pytestmark = pytest.mark.usefixtures("worker")


def test_content_is_done_without_a_row(house):
    house.send("drill.content", what="plain")
    wait_until(lambda: house.effects("plain"))
    assert house.rows(WorkItem, unique_key="message-plain") == []


def test_content_that_fails_for_now_becomes_a_row(house):
    house.send("drill.content", what="later", fail="transient", task_id="m1")
    wait_until(lambda: house.fleet() or house.effects("later"))
    (item,) = house.rows(WorkItem, unique_key="message-m1")
    assert item.context["origin"] == "m1"


def test_content_that_fails_for_good_becomes_a_dead_letter(house):
    house.send("drill.content", what="never", fail="permanent", task_id="m2")
    (letter,) = wait_until(lambda: house.letters(message_id="m2"))
    assert (letter.reason, letter.queue) == ("permanent", "intake")
    assert letter.arguments["kwargs"] == {"what": "never", "fail": "permanent"}


def test_content_whose_child_dies_becomes_a_row(house):
    house.send("drill.content", what="killer", fail="kill", task_id="m3")
    (item,) = wait_until(lambda: house.rows(WorkItem, unique_key="message-m3"))
    assert (item.task, item.queue) == ("drill.content", "intake")


def test_other_applications_report_their_dead_letters(house):
    error = {"type": "KeyError", "message": "'a'", "traceback": "Traceback …"}
    told = {"task": "shop.bill", "args": [1], "kwargs": {"password": "x"}, "error": error}
    house.send("deadletter.capture", queue="deadletter", **told)
    (letter,) = wait_until(lambda: house.letters(task="shop.bill"))
    assert (letter.reason, letter.error_type) == ("reported", "KeyError")


def test_report_without_a_task_is_a_dead_letter_itself(house):
    house.send("deadletter.capture", queue="deadletter", task_id="m4", args=[1])
    (letter,) = wait_until(lambda: house.letters(message_id="m4"))
    assert (letter.reason, letter.error_code) == ("permanent", "ML-VAL-0002")


def test_unknown_task_is_buried(house):
    house.send("nobody.knows", queue="maintenance", a=1)
    (letter,) = wait_until(lambda: house.letters(task="nobody.knows"))
    assert letter.reason == "unknown_task"
    assert b'"a": 1' in letter.raw


BROKEN = {
    "no json": (b"{not json", {"id": "b1", "task": "drill.content"}, "undecodable"),
    "no task": (b"[[], {}, {}]", {"id": "b2"}, "refused"),
    "bad eta": (b"[[], {}, {}]", {"id": "b3", "task": "drill.content", "eta": "x"}, "refused"),
}


@pytest.mark.parametrize(("body", "headers", "reason"), BROKEN.values(), ids=BROKEN)
def test_broken_message_is_buried_and_the_worker_lives(house, body, headers, reason):
    with house.sender._app.producer_pool.acquire() as producer:
        producer.publish(
            body,
            content_type="application/json",
            content_encoding="utf-8",
            routing_key="intake",
            exchange="intake",
            headers=headers,
        )
    (letter,) = wait_until(lambda: house.letters(message_id=headers["id"]))
    assert (letter.reason, letter.raw) == (reason, body)
    house.send("drill.content", what=f"after {headers['id']}")
    wait_until(lambda: house.effects(f"after {headers['id']}"))
