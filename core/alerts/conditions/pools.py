"""Pools of workers and their hosts, as their agents tell them."""

from collections.abc import Collection, Mapping
from datetime import timedelta
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from core.alerts.condition import Answers, Look, Measure, Metric, Sample, labels, named
from core.alerts.units import Unit
from core.model import Agent

BROKEN = "broken"
STOPPED = frozenset({"stopped", "draining"})


class Pools:
    kind = "pool"
    about = "pools of workers on their hosts"
    metrics = named(
        Metric("broken", Unit.COUNT, "1 once its processes died too often", 0),
        Metric("silence", Unit.SECONDS, "since its agent last told of itself, unless it stopped"),
        Metric("memory", Unit.BYTES, "memory of its processes"),
        Metric("host_memory", Unit.RATIO, "memory in use on its host"),
    )
    labels = ("pool", "host")
    by = ("pool", "host")
    over = timedelta(0)
    historic = False
    options: Mapping[str, str] = {}

    def measure(self, session: Session, measures: Collection[Measure], look: Look) -> Answers:
        found = session.scalars(select(Agent).order_by(Agent.pool, Agent.host)).all()
        return {each: _worst(found, each, look) for each in measures}


def _worst(found: Collection[Agent], measure: Measure, look: Look) -> list[Sample]:
    """Agents that are one by the labels count as the worst of them."""
    values: dict[Any, float | None] = {}
    for agent in found:
        told = labels(measure.by, {"pool": agent.pool, "host": agent.host})
        both = [
            each for each in (values.get(told), _value(agent, measure, look)) if each is not None
        ]
        values[told] = max(both, default=None)
    return [Sample(told, value) for told, value in values.items()]


def _value(agent: Agent, measure: Measure, look: Look) -> float | None:
    match measure.metric:
        case "broken":
            return float(agent.state == BROKEN)
        case "silence":
            silent = max((look.at - agent.seen_at).total_seconds(), 0)
            return 0.0 if agent.state in STOPPED else silent
        case "host_memory":
            machine = agent.detail.get("machine") or {}
            limit = machine.get("memory_bytes") or 0
            return machine.get("memory_used_bytes", 0) / limit if limit else None
        case _:
            told = agent.detail.get("pss_bytes")
            return None if told is None else float(told)
