"""The rows in which agents of pools tell how they are and read how large they are to be."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model import Agent, Project
from core.store import signals
from core.store.heartbeat import Heartbeat
from core.store.signals import NewSignal

POOL_BROKEN = "pool_broken"


def report(session: Session, heartbeat: Heartbeat, *, now: datetime) -> int:
    """Writes the heartbeat and answers with the target in force."""
    told = {
        "running": heartbeat.running,
        "state": heartbeat.state,
        "detail": heartbeat.detail,
        "seen_at": now,
    }
    statement = (
        insert(Agent)
        .values(pool=heartbeat.pool, host=heartbeat.host, target=heartbeat.target, **told)
        .on_conflict_do_update(index_elements=[Agent.pool, Agent.host], set_=told)
        .returning(Agent.target)
    )
    return session.scalars(statement).one()


def raise_broken(session: Session, heartbeat: Heartbeat, *, project: str, now: datetime) -> None:
    """Leaves a signal that the pool's processes keep dying; in our own project, if it exists."""
    project_id = session.scalar(select(Project.id).where(Project.name == project))
    if project_id is None:
        return
    detail = {"pool": heartbeat.pool, "host": heartbeat.host, **heartbeat.detail}
    signals.add(session, [NewSignal(project_id, None, POOL_BROKEN, now, detail)])


def every(session: Session) -> Sequence[Agent]:
    return session.scalars(select(Agent).order_by(Agent.pool, Agent.host)).all()


def reset(session: Session, host: str) -> None:
    """Before a host starts anew: what its last life reported does not hold any more."""
    session.execute(update(Agent).where(Agent.host == host).values(running=0, state="starting"))
