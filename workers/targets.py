"""How large each agent's pool is to be; for now what its limits allow of what it was set to."""

from collections import Counter
from collections.abc import Mapping, Sequence

import structlog
from sqlalchemy import select

from config.telemetry import POOL_PROCESSES
from core.model import Agent
from core.store.engine import Database
from workers.pools import Pool

log = structlog.get_logger()


class Targets:
    def __init__(self, database: Database, known: Mapping[str, Pool]) -> None:
        self._database = database
        self._pools = known

    def write(self) -> None:
        with self._database.transaction() as session:
            agents = session.scalars(select(Agent).order_by(Agent.pool, Agent.host)).all()
            for agent in agents:
                pool = self._pools.get(agent.pool)
                target = pool.within_limits(agent.target) if pool else agent.target
                if target != agent.target:
                    log.info("pool.target", pool=agent.pool, host=agent.host, target=target)
                    agent.target = target
            self._count(agents)

    @staticmethod
    def _count(agents: Sequence[Agent]) -> None:
        targets, running = Counter[str](), Counter[str]()
        for agent in agents:
            targets[agent.pool] += agent.target
            running[agent.pool] += agent.running
        for pool in targets:
            POOL_PROCESSES.labels(pool, "target").set(targets[pool])
            POOL_PROCESSES.labels(pool, "running").set(running[pool])
