"""The recovery of one process, composed from its settings."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from random import Random
from typing import TYPE_CHECKING, Any

from config.recovery import policies
from config.recovery_policy import shipped
from config.telemetry import (
    RECOVERIES_ENDED,
    RECOVERIES_PLANNED,
    RECOVERY_ACTS,
    RECOVERY_REFUSALS,
    RECOVERY_SECONDS,
)
from core.recovery import plugged, rescuing
from core.recovery.acting import Acting
from core.recovery.engine import Engine
from core.recovery.means import Means
from core.recovery.rulebook import Books
from core.recovery.strategies import STRATEGIES
from core.recovery.surroundings import Shared
from core.recovery.verifying import Verifying
from core.recovery.vocabulary import words
from core.store.engine import Database
from core.store.payloads import Payloads

if TYPE_CHECKING:
    from tasks.runtime import Runtime


@dataclass(frozen=True, slots=True)
class Mending:
    database: Database
    engine: Engine
    acting: Acting
    verifying: Verifying

    @classmethod
    def of(cls, runtime: "Runtime") -> "Mending":
        means, database = _means(runtime), runtime.database
        return cls(database, Engine(means), Acting(database, means), Verifying(database, means))

    def plan(self) -> None:
        self.engine.work(self.database)

    def sweep(self) -> dict[str, Any]:
        """What wake-ups and rows of the ledger may have lost."""
        rescued = rescuing.rescue(self.database, self.engine.means)
        return asdict(self.engine.work(self.database)) | {"rescued": rescued}

    def expire(self) -> int:
        return rescuing.expire(self.database, self.engine.means)


def _means(runtime: "Runtime") -> Means:
    own, others = STRATEGIES, plugged.strategies(runtime.plugins)
    known = words(strategies=others, actions=runtime.actions)
    around = runtime.resilience
    return Means(
        clock=runtime.clock,
        order=runtime.ledger.add,
        books=Books(shipped(known), known),
        policies=policies(),
        payloads=Payloads(),
        strategies={**others, **own},
        actions=runtime.actions,
        probes=runtime.probes,
        rand=Random(),  # noqa: S311 (spreads attempts; nothing secret hangs on it)
        surroundings=Shared(around.breakers, around.budget, runtime.clock),
        observe=observe,
        adapted=runtime.retries.adapted,
    )


def observe(what: str, about: Mapping[str, Any]) -> None:
    """Counts what the engine tells."""
    if what == "planned":
        RECOVERIES_PLANNED.labels(about["category"]).inc()
    elif what == "refused":
        RECOVERY_REFUSALS.labels(about["guard"], about["action"]).inc()
    elif what == "acted":
        RECOVERY_ACTS.labels(about["action"], about["outcome"]).inc()
    else:
        RECOVERIES_ENDED.labels(about["state"], about["category"]).inc()
        RECOVERY_SECONDS.labels(about["state"]).observe(about["seconds"])
