"""Tasks that fail in every way, for workers that the tests start."""

import os
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from celery.exceptions import Ignore, Reject
from sqlalchemy import text

from core.errors import DependencyError, InvalidInputError
from core.sagas import Saga, Step, Turn
from tasks.base import Delivery, Queue, Result, Work, task
from tasks.sagas import registry


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


@task("drill.content_slow", queue=Queue.INTAKE, delivery=Delivery.CONTENT)
def content_slow(work: Work, *, what: str, seconds: float) -> None:
    note(work, what)
    time.sleep(seconds)


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


@task("drill.hold", queue=Queue.MAINTENANCE)
def holding(work: Work, *, megabytes: int, until: str) -> None:
    held = bytearray(megabytes * 2**20)
    held[:: 2**12] = b"x" * len(held[:: 2**12])  # memory that was not written to is nobody's
    while not Path(until).exists():
        time.sleep(0.05)


@task("drill.limited", queue=Queue.MAINTENANCE, soft_time_limit=1, time_limit=2)
def limited(work: Work, *, deaf: bool) -> None:
    note(work, "limited")
    if deaf:
        sleep_deaf()
    time.sleep(20)


def sleep_deaf() -> None:
    """Through every soft limit."""
    end = time.monotonic() + 20
    while time.monotonic() < end:
        with suppress(BaseException):
            time.sleep(1)


@task("drill.unwritable", queue=Queue.MAINTENANCE)
def unwritable(work: Work, *, what: str) -> Result:
    """A result that PostgreSQL cannot keep."""
    note(work, what)
    return {"odd": {("a", 1): 2}}


@task("drill.late", queue=Queue.INTAKE, delivery=Delivery.CONTENT, soft_time_limit=1, time_limit=2)
def late(work: Work, *, what: str) -> None:
    note(work, what)
    if work.started is None:
        sleep_deaf()


class UnspeakableError(Exception):
    """Can neither be pickled nor printed."""

    def __init__(self) -> None:
        super().__init__(lambda: None)

    def __str__(self) -> str:
        raise ValueError("no words")

    __repr__ = __str__


def fail_as(how: str) -> None:
    failures: dict[str, Any] = {
        "ignore": Ignore(),
        "reject": Reject("no", requeue=False),
        "again": Reject("no", requeue=True),
        "unspeakable": UnspeakableError(),
        "exit": SystemExit(3),
        "transient": DependencyError(retry_after=0.1),
        "permanent": InvalidInputError("not good"),
        "memory": MemoryError("too much"),
        "bug": KeyError("absent"),
    }
    if how == "sleep":
        time.sleep(8)
    if how == "kill":
        os.kill(os.getpid(), signal.SIGKILL)
    if how == "kill all":
        os.killpg(os.getpgid(os.getppid()), signal.SIGKILL)
    if how in failures:
        raise failures[how]


@task("drill.hopeless", queue=Queue.MAINTENANCE)
def hopeless(work: Work) -> None:
    raise TimeoutError("as always")


def travel(what: str, *, fails: bool = False) -> Step:
    def effect(turn: Turn, way: str) -> None:
        values = {"what": f"{turn.arguments['who']} {what} {way}"}
        turn.session.execute(text("INSERT INTO effects (what) VALUES (:what)"), values)

    def do(turn: Turn) -> Result:
        effect(turn, "do")
        if fails and turn.arguments["refused"]:
            raise InvalidInputError(f"No {what}.")
        return {"booked": what}

    return Step(what, do, lambda turn: effect(turn, "undo"))


registry.add(Saga("drill.trip", [travel("flight"), travel("hotel", fails=True)], deadline=60))
