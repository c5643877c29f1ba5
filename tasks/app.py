"""The Celery application `tasks.app`: `celery -A tasks.app …` works for every command of Celery."""

import os
from functools import cached_property
from typing import Any, Final

from celery import Celery
from celery.signals import setup_logging
from kombu import Connection

from config import logging, loglines, wiring
from config.settings import Settings
from tasks.configuration import celery_settings
from tasks.routing import reading_options
from tasks.runtime import Runtime

MODULES: Final = (
    "tasks.alerts",
    "tasks.alerting",
    "tasks.analysis",
    "tasks.backups",
    "tasks.deadletter",
    "tasks.deliveries",
    "tasks.hooks",
    "tasks.insight",
    "tasks.intake",
    "tasks.maintenance",
    "tasks.recovery",
    "tasks.sagas",
    "tasks.transactions",
)


class Application(Celery):
    """Reads the settings on first use, so that importing this module needs no environment."""

    amqp_cls = "tasks.routing:Routing"

    @cached_property
    def settings(self) -> Settings:
        return wiring.discovered(Settings())

    def connection_for_read(self, url: str | None = None, **options: Any) -> Connection:
        """What is taken from the broker are the bands that this process serves."""
        return super().connection_for_read(url, transport_options=reading_options(), **options)

    @cached_property
    def runtime(self) -> Runtime:
        """What the tasks of this process work with."""
        return Runtime(self, self.settings)


app: Application = Application(
    "mendline", task_cls="tasks.base:Task", include=MODULES, set_as_current=True
)


@setup_logging.connect(weak=False)
def log_as_we_do(**_: Any) -> None:
    """For every command of Celery that runs on: worker, beat, events."""
    logging.configure(os.environ.get("MENDLINE_PROCESS", "celery"), app.settings.log_level)
    loglines.begin(app.settings)


def _configured() -> dict[str, Any]:
    return celery_settings(app.settings)


app.add_defaults(_configured)
