"""Tasks that fail in every way, for workers that the tests start."""

import os
import signal
import time
from typing import Any

from sqlalchemy import text

from core.errors import DependencyError, InvalidInputError
from tasks.base import Delivery, Queue, Result, Work, task


def note(work: Work, what: str) -> None:
    """Counts an effect in the transaction of the task."""
    work.session.execute(text("INSERT INTO effects (what) VALUES (:what)"), {"what": what})


@task("drill.note", queue=Queue.MAINTENANCE)
def noting(work: Work, *, what: str) -> Result:
    note(work, what)
    return {"noted": what}


@task("drill.wake", queue=Queue.MAINTENANCE, delivery=Delivery.WAKE_UP)
def waking(work: Work, *, token: str = "none") -> None:
    note(work, token)


@task("drill.content", queue=Queue.INTAKE, delivery=Delivery.CONTENT)
def content(work: Work, *, what: str, fail: str = "") -> None:
    note(work, what)
    fail_as(fail if work.started is None else "")


@task("drill.fail", queue=Queue.MAINTENANCE)
def failing(work: Work, *, what: str, how: str, attempts: int = 99) -> None:
    note(work, what)
    assert work.started is not None
    if work.started.attempt <= attempts:
        fail_as(how)


@task("drill.slow", queue=Queue.MAINTENANCE)
def slow(work: Work, *, what: str, seconds: float) -> None:
    note(work, what)
    time.sleep(seconds)


@task("drill.limited", queue=Queue.MAINTENANCE, soft_time_limit=1, time_limit=2)
def limited(work: Work, *, deaf: bool) -> None:
    note(work, "limited")
    end = time.monotonic() + 20
    while time.monotonic() < end:
        try:
            time.sleep(1)
        except BaseException:
            if not deaf:
                raise


def fail_as(how: str) -> None:
    failures: dict[str, Any] = {
        "transient": DependencyError(retry_after=0.1),
        "permanent": InvalidInputError("not good"),
        "memory": MemoryError("too much"),
        "bug": KeyError("absent"),
    }
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how in failures:
        raise failures[how]
