"""The broker, asked the way the workers ask it."""

from typing import Final

from celery import Celery

from cli.checks.finding import Finding, note, ok
from config.settings import Settings
from core.errors import ConfigurationError
from tasks.configuration import celery_settings
from tasks.queues import Queue
from tasks.sender import CelerySender

MANY: Final = 10_000


def depths(found: Settings) -> Finding:
    app = Celery("mendline-doctor", set_as_current=False)
    app.conf.update(celery_settings(found))
    sender = CelerySender(app)
    try:
        waiting = {str(queue): sender.depth(queue) for queue in Queue}
    except ValueError as error:  # of the address, of which it may quote a part of the password
        raise ConfigurationError("The address of the broker cannot be read.") from error
    detail = ", ".join(f"{name} {depth}" for name, depth in waiting.items())
    if max(waiting.values()) > MANY:
        return note("queues", detail, "Are there workers for the long ones? See `workers` below.")
    return ok("queues", detail)
