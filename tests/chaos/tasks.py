"""Tasks of the drills, in the real workers of a platform: see loader.py."""

import time

from sqlalchemy import text

from tasks.base import Queue, Work, task

EFFECT = "chaos.effect"
NOTE = text("INSERT INTO chaos.effects (item, attempt, worker) VALUES (:item, :attempt, :worker)")


@task(EFFECT, queue=Queue.MAINTENANCE)
def effect(work: Work, *, item: str, seconds: float = 0.0) -> None:
    """One row for each time that this work was finished."""
    assert work.started is not None
    about = {"attempt": work.started.attempt, "worker": work.started.worker}
    work.session.execute(NOTE, {"item": item, **about})
    time.sleep(seconds)
