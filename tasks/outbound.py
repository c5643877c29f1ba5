"""Messages to the brokers of other applications."""

from collections.abc import Mapping
from typing import Any, Final

from kombu.exceptions import KombuError

from core.errors import BrokerUnavailableError, UnprocessableError
from tasks.app import app

TIMEOUT_SECONDS: Final = 10
OPTIONS: Final = {"socket_timeout": TIMEOUT_SECONDS, "socket_connect_timeout": 5}


def send(
    broker: str | None, task: str | None, message: Mapping[str, Any], *, message_id: str
) -> None:
    """`message` has args, kwargs and queue. Without a broker the application shares ours."""
    if task is None or not message.get("queue"):
        raise UnprocessableError("A message needs the name of a task and a queue.")
    url = broker or str(app.conf.broker_url)
    options = OPTIONS if url.startswith(("redis", "sentinel")) else {}
    try:
        with app.connection_for_write(
            url, transport_options=options, connect_timeout=TIMEOUT_SECONDS
        ) as connection:
            app.send_task(
                task,
                args=message.get("args"),
                kwargs=message.get("kwargs"),
                task_id=message_id,
                connection=connection,
                exchange="",
                routing_key=message["queue"],
                retry=False,
            )
    except (KombuError, OSError) as error:
        raise BrokerUnavailableError(str(error), task=task) from error
