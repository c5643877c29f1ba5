"""What is done before a Celery worker forks a child, and by the child first and last."""

import gc
import signal
import sys
from functools import cache
from typing import Any

from celery.signals import (
    worker_before_create_process,
    worker_process_init,
    worker_process_shutdown,
)

from tasks.app import app
from workers.launch import PR_SET_PDEATHSIG, system
from workers.pools import CHILDREN_GRACE


def connect() -> None:
    worker_before_create_process.connect(before_fork, weak=False)
    worker_process_init.connect(after_fork, weak=False)
    worker_process_shutdown.connect(before_exit, weak=False)


def before_fork(**_: Any) -> None:
    """What is loaded stays, and stays shared with the children.

    Celery looks for garbage before each fork: 0.2 s in all that, while no other work is looked at.
    """
    freeze()


@cache
def freeze() -> None:
    """Once: to ask how much is frozen already would cost as much as to look for garbage."""
    gc.collect()
    gc.freeze()


def after_fork(**_: Any) -> None:
    """Connections belong to the process that opened them."""
    app.runtime.after_fork()
    if sys.platform == "linux":  # elsewhere children notice when they want more work
        signal.signal(signal.SIGUSR2, end_soon)
        system("prctl", PR_SET_PDEATHSIG, signal.SIGUSR2, 0, 0, 0)


def end_soon(*_: Any) -> None:
    """The main process has died: the alarm ends us, whatever we are at by then."""
    signal.setitimer(signal.ITIMER_REAL, CHILDREN_GRACE)


def before_exit(**_: Any) -> None:
    app.runtime.database.dispose()
