"""The same corpus through RabbitMQ, as far as its protocol can carry it."""

import base64
import json
import struct

import pytest
from amqp.exceptions import AMQPError

from tests.integration.tasks import corpus
from tests.integration.tasks.conftest import wait_until

pytestmark = pytest.mark.rabbitmq

SHAPES = {
    f"{group}: {name}": shape
    for group, shapes in {
        "headers": corpus.HEADERS,
        "body": corpus.BODIES,
        "encoding": corpus.ENCODINGS,
    }.items()
    for name, shape in shapes.items()
}


@pytest.fixture(scope="module")
def environment(house_url, redis_server, rabbitmq_server, tmp_path_factory):
    return {
        "MENDLINE_DATABASE_URL": house_url,
        "MENDLINE_REDIS_URL": redis_server,
        "MENDLINE_BROKER_URL": rabbitmq_server,
        "MENDLINE_DATA_DIR": str(tmp_path_factory.mktemp("data")),
        "MENDLINE_SECRET_KEY": "0" * 64,
    }


class Exchange:
    """RabbitMQ as anybody can write to it."""

    def __init__(self, house, worker):
        self.house = house
        self.worker = worker
        self.number = 0

    def publish(self, shape):
        """False where the client or RabbitMQ itself refuses it."""
        self.number += 1
        told = json.loads(shape.item(f"rabbit-{self.number}"))
        with self.house.sender._app.connection_for_write() as connection:
            channel = connection.default_channel
            message = channel.prepare_message(
                base64.b64decode(told["body"]),
                content_type=told.get("content-type"),
                content_encoding=told["content-encoding"],
                headers=told["headers"],
            )
            message.properties["correlation_id"] = f"rabbit-{self.number}"
            try:
                channel.basic_publish(message, exchange="", routing_key="intake")
            except (AMQPError, UnicodeError, TypeError, ValueError, struct.error):
                return False
        return True

    def letter(self):
        def found():
            letters = self.house.letters()
            return [each for each in letters if _sent_as(each) == f"rabbit-{self.number}"]

        (letter,) = wait_until(found, lambda: self.worker.log.read_text()[-3000:])
        return letter

    def canary(self):
        self.house.send("drill.content", what=f"canary-{self.number}")
        wait_until(lambda: self.house.effects(f"canary-{self.number}"))
        assert self.worker.process.poll() is None


def _sent_as(letter):
    properties = (letter.headers or {}).get("properties") or {}
    return properties.get("correlation_id") or letter.message_id


@pytest.fixture(scope="module")
def exchange(house, worker):
    return Exchange(house, worker)


@pytest.mark.parametrize("shape", SHAPES.values(), ids=SHAPES)
def test_shape_is_a_dead_letter_and_the_worker_goes_on(shape, exchange):
    if not exchange.publish(shape):
        pytest.skip("the protocol cannot carry it")
    letter = exchange.letter()
    assert letter.reason == shape.reason
    assert shape.raw is None or letter.raw == shape.raw
    exchange.canary()
