"""The queues and workers of applications, ours among them: what recovery sends to and asks."""

from collections.abc import Sequence
from contextlib import closing
from typing import TYPE_CHECKING, Final

from config import wiring
from config.settings import Settings
from core.errors import BrokerUnavailableError
from core.recovery.ports import Resend
from tasks import outbound
from tasks.sender import AWAY, CONFIRM_SECONDS, PATIENCE

if TYPE_CHECKING:
    from celery import Celery

# All answers are waited for, however few workers there are.
LONGEST_PING: Final = 1.5


class CeleryQueues:
    """Behind `core.recovery.ports.TaskQueues`."""

    def __init__(self, app: "Celery", settings: Settings) -> None:
        self._app = app
        self._settings = settings

    def send(self, message: Resend, *, message_id: str) -> None:
        body = {"args": list(message.args), "kwargs": message.kwargs, "queue": message.queue}
        broker = wiring.broker_named(self._settings, message.broker)
        outbound.send(broker, message.task, body, message_id=message_id)

    def ping(self, broker: str | None, *, timeout: float) -> Sequence[str]:
        if broker is None:
            return _answers(self._app, timeout)
        with closing(outbound.application(wiring.broker_named(self._settings, broker))) as theirs:
            return _answers(theirs, timeout)


def _answers(app: "Celery", timeout: float) -> list[str]:
    with app.connection_for_write() as connection:
        try:
            connection.ensure_connection(**PATIENCE, timeout=CONFIRM_SECONDS)
            found = app.control.ping(connection=connection, timeout=min(timeout, LONGEST_PING))
        except AWAY as error:
            raise BrokerUnavailableError(str(error)) from error
    return [name for answer in found or () for name in answer]
