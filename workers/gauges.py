"""What agents and controller know of pools and hosts, as metrics."""

from collections.abc import Callable, Iterable
from typing import Any

from config.telemetry import (
    HOST_MEMORY,
    HOST_PROCESSORS,
    POOL_BYTES,
    POOL_CHILDREN,
    POOL_LATENCY,
    POOL_LEAK,
    POOL_PROCESSES,
    POOL_RESTARTS,
)
from core.model import Agent, PoolLoad
from core.store import agents, fleet
from core.store.engine import Database
from workers.budget import machine_of


def publish(database: Database) -> None:
    with database.transaction() as session:
        known, loads = agents.every(session), fleet.loads(session)
    for pool in sorted({agent.pool for agent in known}):
        _pool(pool, [agent for agent in known if agent.pool == pool])
    for load in loads:
        _load(load)
    for agent in known:
        _host(agent)


def _pool(pool: str, found: list[Agent]) -> None:
    POOL_PROCESSES.labels(pool, "running").set(sum(agent.running for agent in found))
    POOL_CHILDREN.labels(pool, "target").set(sum(agent.target for agent in found))
    POOL_CHILDREN.labels(pool, "running").set(_over(found, "children", sum))
    POOL_CHILDREN.labels(pool, "busy").set(_over(found, "busy", sum))
    POOL_RESTARTS.labels(pool).set(_over(found, "restarts", sum))
    POOL_BYTES.labels(pool).set(_over(found, "pss_bytes", sum))
    POOL_LEAK.labels(pool).set(_over(found, "leak_bytes_per_1000_tasks", max))


def _over(found: Iterable[Agent], name: str, combine: Callable[[list[float]], Any]) -> float:
    return float(combine([float(agent.detail.get(name) or 0) for agent in found]))


def _load(load: PoolLoad) -> None:
    POOL_CHILDREN.labels(load.pool, "wanted").set(load.wanted)
    POOL_LATENCY.labels(load.pool).set(load.oldest_seconds or 0.0)


def _host(agent: Agent) -> None:
    machine = machine_of(agent)
    if limit := int(machine.get("memory_bytes", 0)):
        HOST_MEMORY.labels(agent.host).set(int(machine.get("memory_used_bytes", 0)) / limit)
    HOST_PROCESSORS.labels(agent.host).set(float(machine.get("processors_used", 0.0)))
