"""What an action is: something done to a system outside, once, in bounded time."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Protocol

from core.errors import Category, MendlineError


class ActionError(MendlineError):
    """The action did not succeed."""

    code: ClassVar[str] = "ML-ACT-0001"
    category: ClassVar[Category] = Category.UNAVAILABLE
    http_status: ClassVar[int] = 502

    def __init__(
        self,
        message: str | None = None,
        *,
        permanent: bool = False,
        retry_after: float | None = None,
        **context: Any,
    ) -> None:
        super().__init__(message, retry_after=retry_after, **context)
        self.permanent = permanent


@dataclass(frozen=True, slots=True)
class Order:
    """What an action is asked to do.

    `target` is what it acts on, for cool-downs, holds and people: `pool:alerts`, `db:orders`.
    `idempotency_key` is the same on every repeat, `timeout` is in seconds. `about` is what it is
    for, where that is known: `project_id`, `component`, `issue_id`, `event_id`, `release`.
    """

    action: str
    target: str
    arguments: Mapping[str, Any]
    idempotency_key: str
    timeout: float
    dry_run: bool = False
    about: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Done:
    """What came of it: `summary` is one line, and neither it nor `evidence` holds a secret.

    `undo` is what `Action.undo` needs to take it back; none where there is nothing to take back.
    """

    summary: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    undo: Mapping[str, Any] | None = None


class Action(Protocol):
    """`run` and `undo` raise `ActionError`; a dry run checks all that it can and changes nothing.

    `reversible`: whether `undo` can do anything at all.
    """

    name: str
    reversible: bool

    def run(self, order: Order) -> Done: ...

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done: ...
