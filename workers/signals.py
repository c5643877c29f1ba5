"""What a child of a Celery worker does after its fork and before its end."""

from typing import Any

from celery.signals import worker_process_init, worker_process_shutdown

from tasks.app import app


def connect() -> None:
    worker_process_init.connect(after_fork, weak=False)
    worker_process_shutdown.connect(before_exit, weak=False)


def after_fork(**_: Any) -> None:
    """Connections belong to the process that opened them."""
    app.runtime.after_fork()


def before_exit(**_: Any) -> None:
    app.runtime.database.dispose()
