"""Messages to the brokers of other applications, through an application of their own."""

from collections.abc import Mapping
from typing import Any, Final

from celery import Celery
from kombu.exceptions import ChannelError, KombuError

from core.errors import BrokerUnavailableError, UnprocessableError
from tasks.configuration import is_rabbitmq
from tasks.sender import CONFIRM_SECONDS

OPTIONS: Final[dict[str, Any]] = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}
AMQP_OPTIONS: Final = OPTIONS | {"confirm_publish": True}
REDIS_OPTIONS: Final = OPTIONS | {"socket_timeout": 10, "socket_connect_timeout": 5}


def application(broker: str) -> Celery:
    """One that shares nothing with ours but the process; to be closed."""
    found = Celery(broker=broker, set_as_current=False)
    found.conf.update(
        broker_transport_options=AMQP_OPTIONS if is_rabbitmq(broker) else REDIS_OPTIONS,
        broker_connection_timeout=5,
    )
    return found


def send(broker: str, task: str | None, message: Mapping[str, Any], *, message_id: str) -> None:
    """`message` has args, kwargs and queue."""
    if task is None or not message.get("queue"):
        raise UnprocessableError("A message needs the name of a task and a queue.")
    theirs = application(broker)
    made = theirs.amqp.as_task_v2(message_id, task, message.get("args"), message.get("kwargs"))
    try:
        with theirs.connection_for_write() as connection:
            connection.Producer().publish(
                made.body,
                exchange="",  # straight to the queue, however it was declared
                routing_key=message["queue"],
                serializer="json",
                mandatory=True,  # RabbitMQ drops what no queue takes, unless it is told not to
                confirm_timeout=CONFIRM_SECONDS,
                headers=made.headers,
                **made.properties,
            )
    except ChannelError as error:
        raise UnprocessableError(f"The broker refused it: {error}", task=task) from error
    except (KombuError, OSError) as error:
        raise BrokerUnavailableError(str(error), task=task) from error
    finally:
        theirs.close()
