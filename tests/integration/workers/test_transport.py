"""What a worker takes from Redis is noted there in the same step, wherever the worker is killed."""

import json
import signal
import subprocess
import sys
import threading
from pathlib import Path

import pytest
import redis
from kombu import Connection, Consumer, Queue
from sqlalchemy import make_url

from workers.transport import SafeChannel

ROOT = Path(__file__).resolve().parents[3]
OURS, STOCK = "workers.transport:SafeTransport", "redis"
STEPS = {
    "priority_steps": [0, 3, 6, 9],
    "visibility_timeout": 60,
    "sep": "\x06\x16",
    "socket_timeout": 20,
}
QUEUES = [Queue("mail", routing_key="mail"), Queue("post", routing_key="post")]
# What a worker that is killed does: up to the place, and no further.
VICTIM = """
import os, signal, sys
from kombu import Connection, Consumer, Queue
from kombu.transport import virtual

def die(*arguments, **options):
    os.kill(os.getpid(), signal.SIGKILL)

place = sys.argv[3]
if place == "noting":
    virtual.QoS.append = die
with Connection(sys.argv[1], transport=sys.argv[2]) as connection:
    channel = connection.channel()
    if place == "reading":
        channel.handlers["BRPOP"] = die
    with Consumer(channel, [Queue("mail", routing_key="mail")], callbacks=[die]):
        connection.drain_events(timeout=20)
"""


@pytest.fixture
def url(redis_server):
    return make_url(redis_server).set(database="8").render_as_string(hide_password=False)


@pytest.fixture
def broker(url):
    with redis.Redis.from_url(url) as client:
        client.flushdb()
        yield client


@pytest.fixture
def connect(url, broker):
    opened = []

    def open_one(transport=OURS):
        opened.append(Connection(url, transport=transport, transport_options=STEPS))
        return opened[-1]

    yield open_one
    for each in opened:
        each.release()


class Reader:
    def __init__(self, connection, *, no_ack=False):
        self.connection, self.messages = connection, []
        self.channel = connection.channel()
        take = self.messages.append
        self.consumer = Consumer(self.channel, QUEUES, on_message=take, no_ack=no_ack)
        self.consumer.consume()

    def read(self, number=1, patience=10):
        while len(self.messages) < number:
            self.connection.drain_events(timeout=patience)
        return self.messages


def send(connect, body="hello", **options):
    with connect(STOCK).Producer() as producer:
        producer.publish(body, routing_key="mail", declare=QUEUES[:1], **options)


def restored(reader):
    """As a minute after the last renewal."""
    reader.channel.visibility_timeout = -1
    reader.channel.qos.restore_visible(interval=1)
    return reader


@pytest.mark.parametrize("place", ["reading", "noting", "work"])
def test_a_kill_at_any_place_loses_nothing(connect, broker, url, place):
    send(connect)
    argv = [sys.executable, "-c", VICTIM, url, OURS, place]
    killed = subprocess.run(argv, cwd=ROOT, timeout=60, check=False)
    assert killed.returncode == -signal.SIGKILL
    (again,) = restored(Reader(connect())).read()
    assert (again.payload, again.headers["redelivered"]) == ("hello", True)


def test_what_is_asked_for_is_noted_before_the_answer_is_read(connect, broker):
    send(connect)
    reader = Reader(connect())
    reader.connection.transport.cycle.on_poll_start()
    assert reader.channel._in_poll.can_read(5)
    assert (broker.llen("mail"), broker.hlen("unacked")) == (0, 1)
    assert broker.zcard("unacked_index") == 1


def test_an_idle_worker_hears_of_a_message_and_asks_for_none(connect, broker):
    reader = Reader(connect())
    reader.channel.brpop_timeout = 3600
    with pytest.raises(TimeoutError):
        reader.connection.drain_events(timeout=0.2)
    asked = _fetches(broker)
    with pytest.raises(TimeoutError):
        reader.connection.drain_events(timeout=0.2)
    assert _fetches(broker) == asked
    later = threading.Timer(0.1, send, (connect,))
    later.start()
    assert reader.read()[0].payload == "hello"
    later.join()


def _fetches(broker):
    known = broker.info("commandstats")
    return sum(known.get(f"cmdstat_{name}", {"calls": 0})["calls"] for name in ("eval", "evalsha"))


def test_without_word_from_redis_it_looks_every_second(connect, broker):
    reader = Reader(connect())
    with pytest.raises(TimeoutError):
        reader.connection.drain_events(timeout=0.1)
    reader.channel._in_poll.send_command("CLIENT", "TRACKING", "OFF")
    send(connect)
    assert reader.read()[0].payload == "hello"


def test_who_has_asked_for_nothing_waits_for_no_reply(connect, broker):
    reader = Reader(connect())
    with pytest.raises(TimeoutError):
        reader.connection.drain_events(timeout=0.2)
    poller, link = reader.connection.transport.cycle, reader.channel.client.connection
    reader.channel._awake()
    send(connect)
    assert link.can_read(5)
    poller.on_readable(link._sock.fileno())
    assert link._sock is not None
    assert reader.read()[0].payload == "hello"


def test_bands_come_in_order_and_queues_take_turns(connect, broker):
    with connect(STOCK).Producer() as producer:
        for queue, priority in (("mail", 9), ("post", 3), ("mail", 0), ("mail", 0), ("post", 0)):
            said = f"{queue} {priority}"
            producer.publish(said, routing_key=queue, declare=QUEUES, priority=priority)
    found = [each.payload for each in Reader(connect()).read(5)]
    assert sorted(found[:3]) == ["mail 0", "mail 0", "post 0"]
    assert found[1] == "post 0" or found[0] == "post 0"
    assert found[3:] == ["post 3", "mail 9"]


def test_an_acknowledged_message_leaves_no_note(connect, broker):
    send(connect)
    Reader(connect()).read()[0].ack()
    assert not broker.hlen("unacked")
    assert not broker.zcard("unacked_index")


def test_a_consumer_that_acknowledges_nothing_leaves_no_note(connect, broker):
    send(connect)
    Reader(connect(), no_ack=True).read()
    assert not broker.hlen("unacked")


def test_twins_are_noted_each_for_itself(connect, broker):
    send(connect)
    broker.rpush("mail", broker.lindex("mail", 0))
    reader = Reader(connect())
    reader.read(2)
    assert broker.hlen("unacked") == 2
    for each in reader.messages:
        each.ack()
    assert not broker.hlen("unacked")


def test_a_redis_that_forgot_the_script_is_taught_again(connect, broker):
    reader = Reader(connect())
    for number in range(1, 4):
        send(connect, number)
        broker.script_flush()
        assert reader.read(number)[-1].payload == number


def test_odd_but_readable_messages_are_set_right_before_they_are_noted(connect, broker):
    send(connect)
    odd = json.loads(broker.rpop("mail"))
    odd["headers"] = None
    odd["properties"]["delivery_info"] = "nowhere"
    broker.lpush("mail", json.dumps(odd))
    Reader(connect()).read()
    (note,) = broker.hvals("unacked")
    message, exchange, key = json.loads(note)
    assert (exchange, key, message["headers"]) == ("", "mail", {})


@pytest.fixture
def buried(broker):
    """What was put away, and what lay in the list at that moment."""
    found, before = [], SafeChannel.bury
    SafeChannel.bury = lambda item, queue, _: not found.append((item, queue, broker.llen("mail")))
    yield found
    SafeChannel.bury = staticmethod(before)


def test_what_is_no_message_stays_in_its_list_until_it_is_put_away(connect, broker, buried):
    broker.lpush("mail", b"\xffno json")
    send(connect)
    assert Reader(connect()).read()[0].payload == "hello"
    assert buried == [(b"\xffno json", "mail", 2)]
    assert not broker.llen("mail")


def test_a_note_that_cannot_be_read_goes_back_as_it_came(connect, broker, buried):
    broken = b'{"headers": {}, "body": "a\x01b", "properties": {"delivery_tag": "t", '
    broken += b'"body_encoding": "base64", '
    broken += b'"delivery_info": {"exchange": "", "routing_key": "mail"}}}'
    broker.lpush("mail", broken)
    reader = Reader(connect())
    reader.connection.transport.cycle.on_poll_start()
    assert reader.channel._in_poll.can_read(5)
    assert broker.hlen("unacked") == 1
    other = restored(Reader(connect()))
    assert broker.lrange("mail", 0, -1) == [broken]
    other.connection.drain_events(timeout=10)
    assert [each[:2] for each in buried] == [(broken, "mail")]


def test_a_closing_channel_does_not_wait_for_messages(connect, broker):
    reader = Reader(connect())
    reader.channel.brpop_timeout = 3600
    with pytest.raises(TimeoutError):
        reader.connection.drain_events(timeout=0.1)
    reader.channel.close()
    assert not reader.channel._in_poll
