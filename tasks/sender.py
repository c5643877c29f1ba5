"""The broker behind `core.work.sender.TaskSender`: Celery's producer pool."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

from amqp.exceptions import AMQPError
from celery.exceptions import CeleryError
from kombu import Connection
from kombu.exceptions import ChannelError, KombuError
from redis import RedisError

from core import context
from core.errors import BrokerUnavailableError, ConfigurationError
from core.store.bands import band
from core.work.sender import WorkMessage
from tasks.configuration import is_rabbitmq
from tasks.queues import BANDS, banded

if TYPE_CHECKING:
    from celery import Celery

# Redis' own errors come through where kombu asks it beside the connection that it watches; on a
# pooled channel whose connection has been lost kombu stumbles over what is no longer there.
AWAY: Final = (AMQPError, KombuError, OSError, RedisError, AttributeError)
NOT_FOUND: Final = 404
# A RabbitMQ that is out of memory or disk takes messages without an answer.
CONFIRM_SECONDS: Final = 5
# Who looks or sends is not held up by a broker that is away.
PATIENCE: Final[dict[str, Any]] = {"max_retries": 1, "interval_start": 0.1, "interval_max": 0.2}


class CelerySender:
    def __init__(self, app: "Celery") -> None:
        self._app = app

    def send(self, message: WorkMessage) -> None:
        self._send(message.task, **self._options(message))

    def send_many(self, messages: Sequence[WorkMessage]) -> None:
        """On Redis in one go."""
        try:
            pool: Any = self._app.producer_pool
            with pool.acquire(block=True) as producer, producer.batch():
                for message in messages:
                    self._send(message.task, producer=producer, **self._options(message))
        except (*AWAY, RuntimeError) as error:  # the last: it came back as another connection
            raise BrokerUnavailableError(str(error), rows=len(messages)) from error

    def _options(self, message: WorkMessage) -> dict[str, Any]:
        return {
            "queue": self._place(message.queue, message.priority),
            "priority": message.priority,
            "kwargs": {"work_id": message.work_id},
            "task_id": message.message_id,
            "headers": {"mendline": dict(message.context)} if message.context else None,
        }

    def wake(self, task: str, *, queue: str, priority: int = 5, token: str | None = None) -> None:
        about = context.current()
        self._send(
            task,
            queue=self._place(queue, priority),
            priority=priority,
            kwargs={"token": token} if token else None,
            headers={"mendline": dict(about)} if about else None,
        )

    def depth(self, queue: str) -> int:
        """Of all bands together; without those that a worker has taken already."""
        with self._asked() as connection:
            try:
                connection.ensure_connection(**PATIENCE, timeout=CONFIRM_SECONDS)
                return sum(self._messages(connection, name) for name in self._names(queue))
            except AWAY as error:
                connection.collect()
                raise BrokerUnavailableError(str(error), queue=queue) from error

    @contextmanager
    def _asked(self) -> Iterator[Connection]:
        """On Redis a kept one: a new connection costs more than all that is asked over it.

        RabbitMQ closes what asks for a queue that is not there, and tells nobody when it is gone.
        """
        if is_rabbitmq(self._app.conf.broker_write_url):
            with self._app.connection_for_write() as connection:
                yield connection
        else:
            pool: Any = self._app.pool
            with pool.acquire(block=True) as connection:
                yield connection

    def _names(self, queue: str) -> list[str]:
        known = self._app.amqp.queues
        names = [name for name in (banded(queue, number) for number in BANDS) if name in known]
        return [*names, queue] if not names or queue in known else names

    def _messages(self, connection: Connection, name: str) -> int:
        """A queue that is not there has none; asking for it costs RabbitMQ the channel."""
        on_rabbitmq = connection.transport.driver_type == "amqp"
        channel: Any = connection.channel() if on_rabbitmq else connection.default_channel
        try:
            return int(channel.queue_declare(name, passive=True).message_count)
        except ChannelError as error:
            if getattr(error, "code", None) != NOT_FOUND and "NOT_FOUND" not in str(error):
                raise
        finally:
            if on_rabbitmq:
                channel.close()
        if on_rabbitmq and name in self._app.amqp.queues:
            self._app.amqp.queues[name](connection.channel()).declare()
        return 0

    def _place(self, queue: str, priority: int) -> str:
        name = banded(queue, band(priority))
        return name if name in self._app.amqp.queues else queue

    def _send(self, task: str, **options: Any) -> None:
        try:
            self._app.send_task(
                task, ignore_result=True, confirm_timeout=CONFIRM_SECONDS, **options
            )
        except CeleryError as error:
            raise ConfigurationError(f"{task} cannot be sent: {error}", task=task) from error
        except AWAY as error:
            raise BrokerUnavailableError(str(error), task=task) from error
