"""What alerts can be about: each condition is a file, and measures its series in one query."""

from collections.abc import Callable, Mapping
from typing import Final

from core.alerts.condition import Condition
from core.alerts.conditions.anomaly import Anomaly
from core.alerts.conditions.backups import Backups
from core.alerts.conditions.breakers import Breakers
from core.alerts.conditions.burn_rate import BurnRate
from core.alerts.conditions.components import Components
from core.alerts.conditions.deadletters import DeadLetters
from core.alerts.conditions.forecast import Forecast
from core.alerts.conditions.gauges import Gauges
from core.alerts.conditions.issues import Issues
from core.alerts.conditions.pools import Pools
from core.alerts.conditions.queues import Queues
from core.alerts.conditions.recoveries import Recoveries
from core.alerts.conditions.schedules import Schedules
from core.alerts.conditions.signals import Signals
from core.alerts.memory import KeptMemories

# Made anew for each evaluator: some remember what they read.
CONDITIONS: Final[Mapping[str, Callable[[], Condition]]] = {
    Components.kind: Components,
    Issues.kind: Issues,
    Signals.kind: Signals,
    Recoveries.kind: Recoveries,
    Breakers.kind: Breakers,
    DeadLetters.kind: DeadLetters,
    Queues.kind: Queues,
    Pools.kind: Pools,
    Schedules.kind: Schedules,
    Gauges.kind: Gauges,
    Backups.kind: Backups,
    Anomaly.kind: Anomaly,
    BurnRate.kind: BurnRate,
    Forecast.kind: Forecast,
}


def conditions() -> dict[str, Condition]:
    return {kind: make() for kind, make in CONDITIONS.items()}


def rehearsing() -> dict[str, Condition]:
    """For a back-test: what they learn stays with them."""
    alone: dict[str, Condition] = {
        Anomaly.kind: Anomaly(KeptMemories()),
        Forecast.kind: Forecast(KeptMemories()),
    }
    return conditions() | alone
