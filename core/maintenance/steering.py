"""What operators ask of the pools: a size that holds, fresh processes; and who asked for it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.access.audit import Act, Actor, record
from core.errors import DependencyError, NotFoundError
from core.model import Agent, PoolLoad, PoolOverride
from core.store import agents, fleet
from core.store.fleet import Wish

# A controller looks each second; a number older than this is nobody's opinion any more.
STALE_SECONDS: Final = 30


class UnknownPoolError(NotFoundError):
    """There is no such pool."""

    code = "ML-FLEET-0001"


class StaleLoadError(DependencyError):
    """No controller has looked at the pool lately."""

    code = "ML-FLEET-0002"


@dataclass(frozen=True, slots=True)
class Known:
    """A pool as an operator sees it."""

    pool: str
    load: PoolLoad | None
    override: PoolOverride | None
    agents: Sequence[Agent]


def known(session: Session, *, now: datetime) -> list[Known]:
    """Every pool that has an agent, or was looked at."""
    loads = {load.pool: load for load in fleet.loads(session)}
    overrides, rows = fleet.overrides(session, now), agents.every(session)
    return [
        Known(pool, loads.get(pool), overrides.get(pool), [row for row in rows if row.pool == pool])
        for pool in sorted(loads.keys() | {row.pool for row in rows})
    ]


def load(session: Session, pool: str, *, now: datetime) -> PoolLoad:
    """The controller's last look, if it is fresh."""
    exists(session, pool)
    found = fleet.load(session, pool)
    if found is None or (now - found.at).total_seconds() > STALE_SECONDS:
        raise StaleLoadError(retry_after=STALE_SECONDS)
    return found


def scale(session: Session, wish: Wish, actor: Actor, *, now: datetime) -> None:
    """Until it is taken back, or its time is over."""
    exists(session, wish.pool)
    fleet.set_override(session, wish, now=now)
    detail = {"children": wish.children, "until": wish.until and wish.until.isoformat()}
    _record(session, "pool.scale", wish.pool, actor, now=now, **detail)


def automatic(session: Session, pool: str, actor: Actor, *, now: datetime) -> None:
    """What was set holds no more."""
    exists(session, pool)
    if fleet.clear_override(session, pool):
        _record(session, "pool.automatic", pool, actor, now=now)


def restart(
    session: Session, pool: str, actor: Actor, *, now: datetime, host: str | None = None
) -> Sequence[str]:
    """Hosts that replace their processes, each without a gap."""
    exists(session, pool)
    hosts = agents.ask_restart(session, pool, host)
    if not hosts:
        raise NotFoundError(f"No agent of pool {pool} has reported from there.")
    _record(session, "pool.restart", pool, actor, now=now, hosts=list(hosts))
    return hosts


def exists(session: Session, pool: str) -> None:
    """Raises where there is no such pool."""
    reported = select(Agent.pool).where(Agent.pool == pool).limit(1)
    if fleet.load(session, pool) is None and session.scalar(reported) is None:
        raise UnknownPoolError(f"There is no pool {pool!r}.")


def _record(
    session: Session, name: str, pool: str, actor: Actor, *, now: datetime, **detail: Any
) -> None:
    act = Act(name=name, subject="pool", subject_id=0, detail={"pool": pool, **detail})
    record(session, actor, act, now=now)
