"""What the engine works with; each entry point composes it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from random import Random
from typing import Any, Protocol

from sqlalchemy.orm import Session

from core.clock import Clock
from core.recovery.action import Action
from core.recovery.policy import Policies
from core.recovery.probe import Probe
from core.recovery.rulebook import Books
from core.recovery.strategy import Strategy
from core.resilience.backoff import RetryPolicy
from core.store.payloads import Payloads
from core.store.work import WorkOrder


class Surroundings(Protocol):
    """What others know of a component: asked before an act, told after a verified one."""

    def breaker_until(self, component: str) -> datetime | None:
        """When an open breaker lets something through again; none while it is not open."""
        ...

    def has_budget(self, component: str) -> bool:
        """Whether the budget for retries has something left."""
        ...

    def spent(self, component: str) -> None:
        """Something is tried; the budget shrinks."""
        ...

    def succeeded(self, component: str) -> None:
        """A recovery was verified; the budget grows."""
        ...


class Calm:
    """Surroundings that nothing is known of."""

    def breaker_until(self, component: str) -> datetime | None:  # noqa: ARG002
        return None

    def has_budget(self, component: str) -> bool:  # noqa: ARG002
        return True

    def spent(self, component: str) -> None:
        pass

    def succeeded(self, component: str) -> None:
        pass


Observe = Callable[[str, Mapping[str, Any]], None]


def _unobserved(_what: str, _about: Mapping[str, Any]) -> None:
    pass


# A policy, a category and a component; the policy as experience has it.
Adapted = Callable[[RetryPolicy, str, str], RetryPolicy]


def _as_it_is(policy: RetryPolicy, _category: str, _component: str) -> RetryPolicy:
    return policy


@dataclass(frozen=True, slots=True)
class Means:
    """`order` writes a piece of work into the ledger. `observe` is told of what came to pass:
    `planned`, `refused`, `acted`, `ended`, each with a few plain words about it. `adapted` bends
    how often and how far apart something is tried by how retries have gone, within bounds.
    """

    clock: Clock
    order: Callable[[Session, WorkOrder], object]
    books: Books
    policies: Policies
    payloads: Payloads
    strategies: Mapping[str, Strategy]
    actions: Mapping[str, Action]
    probes: Mapping[str, Probe]
    rand: Random
    surroundings: Surroundings = field(default_factory=Calm)
    observe: Observe = _unobserved
    adapted: Adapted = _as_it_is
