"""What is done before a Celery worker forks a child, and by the child first and last."""

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
from workers.preloading import freeze

_freeze_once = cache(freeze)


def connect() -> None:
    worker_before_create_process.connect(before_fork, weak=False)
    worker_process_init.connect(after_fork, weak=False)
    worker_process_shutdown.connect(before_exit, weak=False)


def before_fork(**_: Any) -> None:
    """Celery looks for garbage before each fork: 0.2 s in all that was loaded, while no other work
    is looked at. Once: to ask how much is frozen already would cost as much.
    """
    _freeze_once()


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
