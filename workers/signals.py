"""What is done before a Celery worker forks a child, and by the child first and last."""

import gc
from typing import Any

from celery.signals import (
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
)

from tasks.app import app


def connect() -> None:
    worker_before_create_process.connect(before_fork, weak=False)
    worker_process_init.connect(after_fork, weak=False)
    worker_process_shutdown.connect(before_exit, weak=False)


def before_fork(**_: Any) -> None:
    """What is loaded stays, and stays shared with the children.

    Celery looks for garbage before each fork: 0.2 s in all that, while no other work is looked at.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()


def after_fork(**_: Any) -> None:
    """Connections belong to the process that opened them."""
    app.runtime.after_fork()


def before_exit(**_: Any) -> None:
    app.runtime.database.dispose()
