"""The broker behind `core.work.sender.TaskSender`: Celery's producer pool."""

from typing import TYPE_CHECKING, Any, Final

from celery.exceptions import CeleryError
from kombu.exceptions import ChannelError, KombuError
from redis import RedisError

from core import context
from core.errors import BrokerUnavailableError, ConfigurationError
from core.work.sender import WorkMessage

if TYPE_CHECKING:
    from celery import Celery

NOT_FOUND: Final = 404
# Redis' own errors come through where kombu asks it beside the connection that it watches; on a
# pooled channel whose connection has been lost kombu stumbles over what is no longer there.
AWAY: Final = (ChannelError, KombuError, OSError, RedisError, AttributeError)


class CelerySender:
    def __init__(self, app: "Celery") -> None:
        self._app = app

    def send(self, message: WorkMessage) -> None:
        self._send(
            message.task,
            queue=message.queue,
            priority=message.priority,
            kwargs={"work_id": message.work_id},
            task_id=message.message_id,
            headers={"mendline": dict(message.context)} if message.context else None,
        )

    def wake(self, task: str, *, queue: str, priority: int = 5, token: str | None = None) -> None:
        about = context.current()
        self._send(
            task,
            queue=queue,
            priority=priority,
            kwargs={"token": token} if token else None,
            headers={"mendline": dict(about)} if about else None,
        )

    def depth(self, queue: str) -> int:
        try:
            with self._app.connection_for_write() as connection:
                channel: Any = connection.default_channel  # both transports have this call
                return int(channel.queue_declare(queue, passive=True).message_count)
        except ChannelError as error:
            if getattr(error, "code", None) == NOT_FOUND or "NOT_FOUND" in str(error):
                return 0
            raise BrokerUnavailableError(str(error), queue=queue) from error
        except AWAY as error:
            raise BrokerUnavailableError(str(error), queue=queue) from error

    def _send(self, task: str, **options: Any) -> None:
        try:
            self._app.send_task(task, ignore_result=True, **options)
        except CeleryError as error:
            raise ConfigurationError(f"{task} cannot be sent: {error}", task=task) from error
        except AWAY as error:
            raise BrokerUnavailableError(str(error), task=task) from error
