"""Whether the platform can do its work, and by name what is missing while it cannot."""

import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from redis.exceptions import RedisError
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from core.errors import MendlineError
from core.model import Agent, Leader, Schedule
from core.store import partitions, schema
from tasks.queues import Queue
from web.api.services import Services

# Asked by anybody, so the databases are asked at most once in this time.
KEPT_SECONDS: Final = 1.0
AGENT_SILENCE: Final = timedelta(seconds=30)
BEAT_LATE: Final = timedelta(seconds=60)
DIGEST_POOL: Final = "ingest"
FLEET_ROLE: Final = "fleet"


@dataclass(frozen=True, slots=True)
class Readiness:
    """`missing` tells for each thing that is missing what was seen instead."""

    missing: Mapping[str, str]

    @property
    def ready(self) -> bool:
        return not self.missing


@dataclass(slots=True)
class Probe:
    services: Services
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _known: Readiness | None = None
    _until: float = 0.0

    def look(self) -> Readiness:
        with self._lock:
            moment = self.services.clock.monotonic()
            if self._known is None or moment >= self._until:
                self._known = readiness(self.services)
                self._until = moment + KEPT_SECONDS
            return self._known


def readiness(services: Services) -> Readiness:
    missing = _stores(services)
    if not {"database", "schema"} & missing.keys():
        missing |= _rows(services)
    return Readiness(missing)


def _stores(services: Services) -> dict[str, str]:
    checks: dict[str, Callable[[Services], str | None]] = {
        "database": _database,
        "redis": _redis,
        "broker": _broker,
    }
    found = {name: check(services) for name, check in checks.items()}
    if found["database"] is None:
        found["schema"] = _schema(services)
    return {name: detail for name, detail in found.items() if detail is not None}


def _database(services: Services) -> str | None:
    try:
        with services.database.transaction() as session:
            session.execute(select(1))
    except SQLAlchemyError as error:
        return type(error).__name__
    return None


def _schema(services: Services) -> str | None:
    try:
        state = schema.state(services.database.url)
    except MendlineError as error:
        return error.code
    return None if state.ready else f"at revision {state.found}, {state.needed} is needed"


def _redis(services: Services) -> str | None:
    try:
        services.redis.ping()
    except RedisError as error:
        return type(error).__name__
    return None


def _broker(services: Services) -> str | None:
    try:
        services.sender.depth(Queue.ANALYSIS)
    except MendlineError as error:
        return error.code
    return None


def _rows(services: Services) -> dict[str, str]:
    checks: dict[str, Callable[[Services, Session], str | None]] = {
        "partitions": _partitions,
        "workers": _workers,
        "fleet": _fleet,
        "beat": _beat,
    }
    with services.database.transaction() as session:
        found = {name: check(services, session) for name, check in checks.items()}
    return {name: detail for name, detail in found.items() if detail is not None}


def _partitions(services: Services, session: Session) -> str | None:
    today = services.clock.now().date()
    return None if today in partitions.days(session) else f"none for {today.isoformat()}"


def _workers(services: Services, session: Session) -> str | None:
    since = services.clock.now() - AGENT_SILENCE
    running = select(func.sum(Agent.running)).where(
        Agent.pool == DIGEST_POOL, Agent.seen_at > since
    )
    return None if session.scalar(running) else f"none of pool {DIGEST_POOL} has reported"


def _fleet(_services: Services, session: Session) -> str | None:
    leads = select(Leader.holder).where(
        Leader.role == FLEET_ROLE, Leader.until > func.clock_timestamp()
    )
    return None if session.scalar(leads) else "no controller leads"


def _beat(services: Services, session: Session) -> str | None:
    """Beats claim a slot when it is due; one that is long over tells that nobody does."""
    waiting = select(func.count(), func.min(Schedule.next_slot)).where(~Schedule.paused)
    count, earliest = session.execute(waiting).one()
    if not count:
        return "no schedule is registered"
    late = services.clock.now() - BEAT_LATE
    return None if earliest > late else f"a slot of {earliest.isoformat()} is not claimed"
