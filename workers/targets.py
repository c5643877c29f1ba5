"""How large each pool is to be on each host: asks the decision each second, writes what it says."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from config.telemetry import SCALE_DECISIONS
from core.clock import Clock
from core.fleet.load import History, Observation
from core.fleet.scaling import Bounds, Kind, Override, ScaleDecision, decide
from core.fleet.sharing import Place, share
from core.model import PoolOverride
from core.model import ScaleDecision as DecisionRow
from core.store import agents, fleet
from core.store.engine import Database
from workers.budget import Budget
from workers.lookout import Lookout, Sight
from workers.pools import Pool

log = structlog.get_logger()

OLD_SECONDS: Final = 10.0
EVERY_SECONDS: Final = 1.0
# What has doubled may have to double again.
WHILE_GROWING_SECONDS: Final = 0.5
# What comes and goes at a boundary is told once in so long.
AGAIN_SECONDS: Final = 60.0
QUIET: Final = frozenset({Kind.STEADY, Kind.GROW, Kind.SHRINK})


@dataclass(slots=True)
class Course:
    """What is remembered of a pool between two looks."""

    history: History
    kind: Kind | None = None
    told: dict[Kind, float] = field(default_factory=dict)

    def turned(self, kind: Kind, at: float) -> bool:
        """Whether a pool that stays as it is has a reason for that which is worth telling."""
        if kind is self.kind or kind in QUIET:
            return False
        if at - self.told.get(kind, -AGAIN_SECONDS) < AGAIN_SECONDS:
            return False
        self.told[kind] = at
        return True


class Targets:
    def __init__(
        self, database: Database, known: Mapping[str, Pool], lookout: Lookout, clock: Clock
    ) -> None:
        self._database = database
        self._pools = known
        self._lookout = lookout
        self._clock = clock
        self._courses: dict[str, Course] = {}
        self._looked_at = 0.0

    def write(self) -> float:
        """One look, one decision for each pool, one transaction; answers when to look again."""
        self._forget_what_is_old()
        grows = False
        looks: list[dict[str, Any]] = []
        with self._database.transaction() as session:
            overrides = fleet.overrides(session, self._clock.now())
            view = self._lookout.look(session)
            for name, sight in view.sights.items():
                places = [view.budget.place(agent, self._pools[name]) for agent in sight.living]
                bounds = _bounds(self._pools[name], sight, places, overrides.get(name))
                decision = self._decide(session, name, sight, bounds)
                looks.append(_look(name, sight.seen, decision, self._clock.now()))
                grows |= decision.kind is Kind.GROW
                if decision.kind is not Kind.FROZEN:
                    _order(session, sight, view.budget, share(decision.target, places))
            if looks:
                fleet.write_loads(session, looks)
        return WHILE_GROWING_SECONDS if grows else EVERY_SECONDS

    def _forget_what_is_old(self) -> None:
        """Whoever begins to lead, or could not look for a while, begins anew."""
        moment = self._clock.monotonic()
        if moment - self._looked_at > OLD_SECONDS:
            self._courses.clear()
            self._lookout.forget()
        self._looked_at = moment

    def _decide(self, session: Session, name: str, sight: Sight, bounds: Bounds) -> ScaleDecision:
        seen = sight.seen
        course = self._courses.setdefault(name, Course(History.beginning(seen.at)))
        course.history = course.history.with_look(seen, low=bounds.low)
        decision = decide(seen, course.history, bounds)
        self._tell(session, name, sight, decision)
        if decision.target != seen.children:
            grown = decision.target > seen.children
            course.history = course.history.with_change(seen.at, grown=grown)
        course.kind = decision.kind
        return decision

    def _tell(self, session: Session, name: str, sight: Sight, decision: ScaleDecision) -> None:
        if self._is_news(name, sight, decision):
            told = _told(name, decision, self._clock.now())
            session.add(DecisionRow(**told, old=sight.seen.children, new=decision.target))
            SCALE_DECISIONS.labels(name, str(decision.kind)).inc()
            about = {"kind": str(decision.kind), "reason": decision.reason}
            log.info("pool.decided", pool=name, target=decision.target, **about)

    def _is_news(self, name: str, sight: Sight, decision: ScaleDecision) -> bool:
        """A new target, or a new reason why there is none."""
        if not sight.living:
            return False
        if decision.target != sight.seen.children:
            return True
        return self._courses[name].turned(decision.kind, sight.seen.at)


def _told(name: str, decision: ScaleDecision, now: datetime) -> dict[str, Any]:
    return {
        "pool": name,
        "at": now,
        "kind": str(decision.kind),
        "reason": decision.reason,
        "inputs": dict(decision.inputs),
    }


def _look(name: str, seen: Observation, decision: ScaleDecision, now: datetime) -> dict[str, Any]:
    return _told(name, decision, now) | {
        "target": decision.target,
        "wanted": decision.wanted,
        "running": seen.running,
        "busy": seen.busy,
        "backlog": seen.backlog,
        "oldest_seconds": seen.oldest,
    }


def _order(session: Session, sight: Sight, budget: Budget, by_host: Mapping[str, int]) -> None:
    for agent in sight.living:
        target = by_host[agent.host]
        if target != agent.target:
            budget.give(agent, target)
            agents.set_target(session, agent.pool, agent.host, target)


def _bounds(
    pool: Pool, sight: Sight, places: Sequence[Place], override: PoolOverride | None
) -> Bounds:
    return Bounds(
        least=sum(each.least for each in places),
        most=sum(each.most for each in places),
        room=sum(each.room for each in places),
        latency=pool.latency_seconds,
        service=pool.expected_seconds,
        processors=max(int(sight.processors * pool.busy_per_core), 1),
        override=Override(children=override.children, author=override.author) if override else None,
    )
