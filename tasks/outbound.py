"""Messages to the brokers of other applications, through an application of their own."""

from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from kombu.exceptions import KombuError

from core.errors import BrokerUnavailableError, UnprocessableError

OPTIONS: Final[dict[str, Any]] = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
REDIS_OPTIONS: Final = OPTIONS | {"socket_timeout": 10, "socket_connect_timeout": 5}


def send(broker: str, task: str | None, message: Mapping[str, Any], *, message_id: str) -> None:
    """`message` has args, kwargs and queue."""
    if task is None or not message.get("queue"):
        raise UnprocessableError("A message needs the name of a task and a queue.")
    theirs = Celery(broker=broker, set_as_current=False)
    theirs.conf.update(
        broker_transport_options=REDIS_OPTIONS if "redis" in broker else OPTIONS,
        broker_connection_timeout=5,
    )
    made = theirs.amqp.as_task_v2(message_id, task, message.get("args"), message.get("kwargs"))
    try:
        with theirs.connection_for_write() as connection:
            connection.Producer().publish(
                made.body,
                exchange="",  # straight to the queue, however it was declared
                routing_key=message["queue"],
                serializer="json",
                headers=made.headers,
                **made.properties,
            )
    except (KombuError, OSError) as error:
        raise BrokerUnavailableError(str(error), task=task) from error
    finally:
        theirs.close()
