"""What to advise for each kind of failure: values that configuration loads."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from core.errors import Category
from core.resilience.backoff import RetryPolicy


class Action(StrEnum):
    """What a client should do about the failure that it reported."""

    RETRY = "retry"
    WAIT = "wait"
    FALLBACK = "fallback"
    FAIL_FAST = "fail_fast"
    ESCALATE = "escalate"
    NONE = "none"


@dataclass(frozen=True, slots=True)
class Policy:
    """The advice for one category.

    `transient` while attempts are left, `exhausted` when they are used up, `permanent` where trying
    again cannot help.
    """

    retry: RetryPolicy
    transient: Action = Action.RETRY
    exhausted: Action = Action.ESCALATE
    permanent: Action = Action.FAIL_FAST


@dataclass(frozen=True, slots=True)
class Policies:
    """`by_kind`: what differs for a kind of a family, by category and `database.deadlock`."""

    by_category: Mapping[Category, Policy]
    default: Policy
    by_kind: Mapping[tuple[Category, str], Policy] = field(default_factory=dict)

    def of(self, category: Category, kind: str = "") -> Policy:
        return self.by_kind.get((category, kind)) or self.by_category.get(category, self.default)
