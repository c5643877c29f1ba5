"""The broker behind the ledger, and the brokers of others."""

import json

import pytest
import redis

from core.errors import BrokerUnavailableError, ConfigurationError, UnprocessableError
from core.work.sender import WorkMessage
from tasks import outbound
from tasks.app import Application
from tasks.configuration import celery_settings
from tasks.queues import SERVED
from tasks.sender import CelerySender


@pytest.fixture
def broker(environment):
    with redis.Redis.from_url(environment["MENDLINE_REDIS_URL"]) as client:
        client.flushdb()
        yield client


def message(work_id=1, priority=5, queue="alerts"):
    return WorkMessage(work_id, "t.do", queue, priority, f"work-{work_id}-1", {"request_id": "r"})


def test_depth_is_the_sum_over_the_priorities(sender, broker):
    assert sender.depth("alerts") == 0
    for priority in range(10):
        sender.send(message(priority=priority))
    assert sender.depth("alerts") == 10


def test_a_kept_connection_that_was_lost_is_made_again(sender, broker):
    """The server ends it while nobody asks; the same sender asks again."""
    assert sender.depth("alerts") == 0
    sender.send(message())
    broker.client_kill_filter(_type="normal", skipme=True)
    assert _eventually_depth(sender) == 1


def _eventually_depth(sender):
    """A look that finds the connection lost says so; the next one has another."""
    try:
        return sender.depth("alerts")
    except BrokerUnavailableError:
        return sender.depth("alerts")


def test_who_serves_critical_work_reads_nothing_else(sender, broker, monkeypatch):
    monkeypatch.setenv(SERVED, "0")
    for priority in (9, 5, 2):
        sender.send(message(work_id=priority, priority=priority))
    with sender._app.connection_for_read() as connection:
        queue = sender._app.amqp.queues["alerts"](connection.channel())
        taken = [queue.get(no_ack=True), queue.get()]
    assert [each and each.payload[1]["work_id"] for each in taken] == [2, None]


def test_message_carries_the_id_and_the_context_alone(sender, broker):
    sender.send(message(work_id=7, priority=0))
    raw = json.loads(broker.lpop("alerts"))
    assert raw["headers"]["mendline"] == {"request_id": "r"}
    assert raw["headers"]["id"] == "work-7-1"
    assert "7" in raw["headers"]["kwargsrepr"]


def test_queue_that_is_not_ours_is_refused(sender):
    with pytest.raises(ConfigurationError):
        sender.send(message(queue="elsewhere"))


def test_broker_that_is_away_is_told(sender):
    settings = sender._app.settings.model_copy(update={"broker_url": None})
    application = Application("away", set_as_current=False)
    application.add_defaults(lambda: celery_settings(settings))
    application.conf.broker_url = "redis://127.0.0.1:1/0"
    away = CelerySender(application)
    with pytest.raises(BrokerUnavailableError):
        away.send(message())
    with pytest.raises(BrokerUnavailableError):
        away.depth("alerts")


def test_replay_reaches_the_queue_of_the_other_application(environment, broker, redis_server):
    theirs = redis_server.rpartition("/")[0] + "/9"
    sent = {"args": [1], "kwargs": {"a": 2}, "queue": "shop"}
    outbound.send(theirs, "shop.bill", sent, message_id="m1")
    with redis.Redis.from_url(theirs) as client:
        raw = json.loads(client.lpop("shop"))
        client.flushdb()
    assert (raw["headers"]["task"], raw["headers"]["id"]) == ("shop.bill", "m1")


def test_broker_of_another_application_that_is_away_is_told():
    with pytest.raises(BrokerUnavailableError):
        outbound.send("redis://127.0.0.1:1/0", "a.b", {"queue": "q"}, message_id="m")


def test_message_without_a_queue_is_refused():
    with pytest.raises(UnprocessableError):
        outbound.send("redis://127.0.0.1:1/0", "a.b", {}, message_id="m")


class Interrupted(list):
    """Messages between which the producer gets a new connection, as after one that was lost."""

    def __init__(self, messages, application):
        super().__init__(messages)
        self.application = application

    def __iter__(self):
        for each in super().__iter__():
            yield each
            (producer,) = self.application.producer_pool._dirty
            producer.revive(producer.connection.channel())


def test_a_connection_lost_within_a_batch_is_a_broker_that_is_away(sender, broker):
    several = [message(work_id=number) for number in range(3)]
    with pytest.raises(BrokerUnavailableError):
        sender.send_many(Interrupted(several, sender._app))
    assert sender.depth("alerts") == 0
    sender.send_many(several)
    assert sender.depth("alerts") == 3
