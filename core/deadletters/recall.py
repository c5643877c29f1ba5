"""Taking back what a replay run has ordered and no worker has begun."""

from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.deadletters.closing import reopen
from core.deadletters.orders import Means
from core.model.replays import ReplayItem, ReplayRun
from core.model.work import WorkItem


def recall(session: Session, run: ReplayRun, *, means: Means, actor: Actor, now: datetime) -> int:
    """How many. Rows that were there before the run are not its own, and go on."""
    mine = (
        select(ReplayItem)
        .join(WorkItem, WorkItem.id == ReplayItem.work_id)
        .where(
            ReplayItem.run_id == run.id,
            ReplayItem.state == "sent",
            WorkItem.replay_of == ReplayItem.letter_id,
        )
        .order_by(ReplayItem.letter_id)
    )
    total = 0
    for item in session.scalars(mine).all():
        if item.work_id is not None and means.cancel(session, item.work_id):
            reopen(session, item.letter_id, work_id=item.work_id, actor=actor, now=now)
            item.state = "recalled"
            total += 1
    return total
