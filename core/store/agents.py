"""The rows in which agents of pools tell how they are and read how large they are to be."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sqlalchemy import delete, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.model import Agent, Project
from core.store import signals
from core.store.heartbeat import Heartbeat, Orders
from core.store.signals import NewSignal

POOL_BROKEN = "pool_broken"
POOL_LEAKS = "pool_leaks"
# Made once: each agent tells this every second.
_FRESH: Final = insert(Agent)
_REPORT: Final = _FRESH.on_conflict_do_update(
    index_elements=[Agent.pool, Agent.host],
    set_={name: _FRESH.excluded[name] for name in ("running", "state", "detail", "seen_at")},
).returning(Agent.target, Agent.restarts_asked)


def report(session: Session, heartbeat: Heartbeat, *, now: datetime) -> Orders:
    """Writes the heartbeat and answers with the orders in force."""
    told = {
        "pool": heartbeat.pool,
        "host": heartbeat.host,
        "target": heartbeat.target,
        "running": heartbeat.running,
        "state": heartbeat.state,
        "detail": heartbeat.detail,
        "seen_at": now,
    }
    return Orders(*session.execute(_REPORT, told).one())


def raise_signal(
    session: Session, kind: str, heartbeat: Heartbeat, *, project: str, now: datetime
) -> None:
    """Leaves a signal about the pool; in our own project, if it exists."""
    project_id = session.scalar(select(Project.id).where(Project.name == project))
    if project_id is None:
        return
    detail = {"pool": heartbeat.pool, "host": heartbeat.host, **heartbeat.detail}
    signals.add(session, [NewSignal(project_id, None, kind, now, detail)])


def every(session: Session) -> Sequence[Agent]:
    return session.scalars(select(Agent).order_by(Agent.pool, Agent.host)).all()


def reset(session: Session, host: str) -> None:
    """Before a host starts anew: what its last life reported does not hold any more."""
    session.execute(update(Agent).where(Agent.host == host).values(running=0, state="starting"))


def set_target(session: Session, pool: str, host: str, target: int) -> None:
    chosen = update(Agent).where(Agent.pool == pool, Agent.host == host)
    session.execute(chosen.values(target=target))


def ask_restart(session: Session, pool: str, host: str | None = None) -> Sequence[str]:
    """Hosts whose agents are to replace their processes."""
    statement = update(Agent).where(Agent.pool == pool, Agent.state != "stopped")
    if host is not None:
        statement = statement.where(Agent.host == host)
    asked = statement.values(restarts_asked=Agent.restarts_asked + 1).returning(Agent.host)
    return sorted(session.scalars(asked))


def forget(session: Session, *, before: datetime) -> None:
    """Hosts that are gone for good; where containers come and go, each had a name of its own."""
    session.execute(delete(Agent).where(Agent.seen_at < before))
