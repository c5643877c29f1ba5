"""An agent's row in PostgreSQL; while that is away the pool simply stays as it is."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import wiring
from config.bootstrap import OWN_PROJECT
from config.settings import Settings
from core.clock import Clock, SystemClock
from core.store import agents
from core.store.heartbeat import Heartbeat, Orders

log = structlog.get_logger(__name__)

BROKEN = "broken"


class AgentRows:
    def __init__(self, settings: Settings, pool: str, *, clock: Clock | None = None) -> None:
        found = wiring.discovered(settings)
        self._database = wiring.database(found, application=f"agent {pool}", pool_size=1)
        self._clock = clock or SystemClock()
        self._told: frozenset[str] = frozenset()

    def report(self, heartbeat: Heartbeat) -> Orders | None:
        """The orders in force; none if they could not be read."""
        now, found = self._clock.now(), _signals(heartbeat)
        try:
            with self._database.transaction() as session:
                orders = agents.report(session, heartbeat, now=now)
                for kind in sorted(found - self._told):
                    agents.raise_signal(session, kind, heartbeat, project=OWN_PROJECT, now=now)
        except SQLAlchemyError as error:
            log.warning("agent.not_reported", error=type(error).__name__)
            return None
        self._told = found
        return orders

    def close(self) -> None:
        self._database.dispose()


def _signals(heartbeat: Heartbeat) -> frozenset[str]:
    """What there is to tell somebody; each is told once while it lasts."""
    states = {
        agents.POOL_BROKEN: heartbeat.state == BROKEN,
        agents.POOL_LEAKS: bool(heartbeat.detail.get("leaks")),
    }
    return frozenset(kind for kind, holds in states.items() if holds)
