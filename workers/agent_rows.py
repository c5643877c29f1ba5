"""An agent's row in PostgreSQL; while that is away the pool simply stays as it is."""

import structlog
from sqlalchemy.exc import SQLAlchemyError

from config import wiring
from config.bootstrap import OWN_PROJECT
from config.settings import Settings
from core.clock import Clock, SystemClock
from core.store import agents
from core.store.heartbeat import Heartbeat

log = structlog.get_logger(__name__)

BROKEN = "broken"


class AgentRows:
    def __init__(self, settings: Settings, pool: str, *, clock: Clock | None = None) -> None:
        found = wiring.discovered(settings)
        self._database = wiring.database(found, application=f"agent {pool}", pool_size=1)
        self._clock = clock or SystemClock()
        self._was_broken = False

    def report(self, heartbeat: Heartbeat) -> int | None:
        """The target in force; none if it could not be read."""
        now = self._clock.now()
        broken = heartbeat.state == BROKEN
        try:
            with self._database.transaction() as session:
                target = agents.report(session, heartbeat, now=now)
                if broken and not self._was_broken:
                    agents.raise_broken(session, heartbeat, project=OWN_PROJECT, now=now)
        except SQLAlchemyError as error:
            log.warning("agent.not_reported", error=type(error).__name__)
            return None
        self._was_broken = broken
        return target

    def close(self) -> None:
        self._database.dispose()
