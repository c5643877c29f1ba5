"""The names that policies may use: of our own strategies, actions and probes, and of plug-ins'."""

from collections.abc import Iterable
from typing import Final

from core.recovery.policy_reading import Words
from core.recovery.strategies import STRATEGIES

ACTIONS: Final = frozenset(
    {
        "breaker",
        "cleanup",
        "command",
        "database",
        "failover",
        "quarantine",
        "release",
        "replay",
        "resend_task",
        "restart_pool",
        "scale_pool",
        "switch",
        "transaction",
        "webhook",
    }
)
PROBES: Final = frozenset({"celery_ping", "command", "error_rate", "http", "sql", "tcp"})


def words(strategies: Iterable[str] = (), actions: Iterable[str] = ()) -> Words:
    """With the names that plug-ins bring."""
    return Words(
        strategies=frozenset(STRATEGIES).union(strategies),
        actions=ACTIONS.union(actions),
        probes=PROBES,
    )
