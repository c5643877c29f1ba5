"""Tasks of the drills, in the real workers of a platform: see loader.py."""

import time

from sqlalchemy import text

from tasks.base import Queue, Work, task

EFFECT = "chaos.effect"
HOARD = "chaos.hoard"
PAGE = 4096
NOTE = text("INSERT INTO chaos.effects (item, attempt, worker) VALUES (:item, :attempt, :worker)")


@task(EFFECT, queue=Queue.MAINTENANCE)
def effect(work: Work, *, item: str, seconds: float = 0.0) -> None:
    """One row for each time that this work was finished."""
    assert work.started is not None
    about = {"attempt": work.started.attempt, "worker": work.started.worker}
    work.session.execute(NOTE, {"item": item, **about})
    time.sleep(seconds)


@task(HOARD, queue=Queue.MAINTENANCE)
def hoard(work: Work, *, megabytes: int, seconds: float) -> None:
    held = bytearray(megabytes << 20)
    held[::PAGE] = b"x" * len(range(0, len(held), PAGE))
    time.sleep(seconds)
