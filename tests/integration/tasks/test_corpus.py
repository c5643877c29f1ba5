"""Whatever lies on a queue becomes a dead letter, and the same worker goes on."""

import json

import pytest
import redis
from sqlalchemy import select, text

from core.deadletters import masked
from core.model import DeadLetter
from tests.integration.tasks import corpus
from tests.integration.tasks.conftest import wait_until

SHAPES = {
    f"{group}: {name}": shape
    for group, shapes in {
        "headers": corpus.HEADERS,
        "body": corpus.BODIES,
        "encoding": corpus.ENCODINGS,
        "envelope": corpus.ENVELOPES,
    }.items()
    for name, shape in shapes.items()
}


class Queue:
    """The lists of the broker, as anybody can write to them, and what became of it."""

    def __init__(self, client, house, worker):
        self.client = client
        self.house = house
        self.worker = worker
        self.number = 0

    def put(self, make, queue="intake"):
        self.number += 1
        message_id = f"shape-{self.number}"
        item = make(message_id)
        self.client.lpush(queue, item)
        return message_id, item

    def letter(self, message_id, item):
        def found():
            tag = DeadLetter.headers["properties"]["delivery_tag"].astext
            wanted = select(DeadLetter).where(
                (DeadLetter.message_id == message_id)
                | (tag == f"tag-{message_id}")
                | (DeadLetter.raw == item)
            )
            with self.house.database.transaction() as session:
                return session.scalars(wanted).all()

        (letter,) = wait_until(found, lambda: self.worker.log.read_text()[-3000:])
        return letter

    def canary(self):
        """The same process is still there and at work, and holds nothing that it has settled."""
        name = f"canary-{self.number}"
        self.house.send("drill.content", what=name)
        wait_until(lambda: self.house.effects(name), lambda: self.worker.log.read_text()[-3000:])
        assert self.worker.process.poll() is None
        wait_until(lambda: not self.client.hlen("unacked"))


@pytest.fixture(scope="module")
def queue(environment, house, worker):
    with redis.Redis.from_url(environment["MENDLINE_REDIS_URL"]) as client:
        yield Queue(client, house, worker)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_shape_is_a_dead_letter_and_the_worker_goes_on(shape, queue):
    message_id, item = queue.put(shape.item)
    letter = queue.letter(message_id, item)
    assert letter.reason == shape.reason
    if shape.raw is None:
        assert letter.arguments is not None
    else:
        assert letter.raw == (item if shape.raw is corpus.ITEM else shape.raw)
    assert letter.queue == "intake"
    assert masked(letter)["reason"] == shape.reason
    queue.canary()


@pytest.mark.parametrize("make", corpus.HARMLESS.values(), ids=corpus.HARMLESS)
def test_what_is_merely_odd_is_run(make, queue, house):
    before = house.effects("shape")
    message_id, _ = queue.put(make)
    wait_until(lambda: house.effects("shape") > before or house.effects(message_id))
    queue.canary()


def test_headers_and_properties_are_kept(queue):
    made = queue.put(lambda m: corpus.envelope(m, headers={"id": m, "x": {"deep": [1]}}))
    letter = queue.letter(*made)
    assert letter.headers["x"] == {"deep": [1]}
    assert letter.headers["properties"]["delivery_info"]["exchange"] == "intake"
    assert letter.headers["content_type"] == "application/json"


def test_secrets_are_kept_and_not_shown(queue):
    secret = "Bearer " + "a1" * 20
    body = json.dumps([[], {"password": "hunter2", "header": secret}, 5]).encode()
    letter = queue.letter(*queue.put(lambda m: corpus.envelope(m, body=body)))
    assert letter.raw == body
    shown = json.dumps(masked(letter), default=str)
    assert secret not in shown
    assert "hunter2" not in shown


def test_arguments_are_kept_for_a_replay_once_the_task_is_known(queue):
    headers = {"id": "later", "task": "not.yet"}
    letter = queue.letter(*queue.put(lambda m: corpus.envelope(m, headers=headers | {"id": m})))
    assert letter.arguments == {"args": [], "kwargs": {"what": "shape"}}


def test_the_same_id_twice_is_two_letters(queue, house):
    for number in (1, 2):
        queue.put(
            lambda _, number=number: corpus.envelope(
                "twice", body=b"[%d]" % number, properties={"delivery_tag": f"twice-{number}"}
            )
        )
    wait_until(lambda: len(house.letters(message_id="twice")) == 2)


def test_a_message_for_the_ledger_without_a_row_is_kept_as_it_came(queue):
    for body in (b'[[], {"what": "x"}, null]', b'[[], {"work_id": true}, null]'):
        made = queue.put(
            lambda m, body=body: corpus.envelope(
                m, headers={"id": m, "task": "drill.note"}, body=body
            )
        )
        letter = queue.letter(*made)
        assert (letter.reason, letter.raw) == ("not_ledgered", body)


def test_work_for_later_waits_as_a_row(queue, house):
    headers = {"task": "drill.content", "eta": "2126-01-01T00:00:00+00:00"}
    message_id, _ = queue.put(lambda m: corpus.envelope(m, headers=headers | {"id": m}))

    def rows():
        with house.database.transaction() as session:
            found = text("SELECT due_at, state FROM work_items WHERE unique_key = :key")
            return session.execute(found, {"key": f"message-{message_id}"}).all()

    ((due_at, state),) = wait_until(rows)
    assert (due_at.year, state) == (2126, "waiting")
    queue.canary()


def test_broken_commands_do_not_end_the_worker(queue):
    for command in (b"5", b"{}", b"{not json", b'{"properties": {}}', b"\xff"):
        queue.client.publish("/7.celery.pidbox", command)
    queue.canary()
