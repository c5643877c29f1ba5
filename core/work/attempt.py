"""One attempt at a piece of work, and how it can turn out not to be one."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from core.errors import ConflictError


class LeaseLostError(ConflictError):
    """Another worker took this piece of work over meanwhile; nothing of this attempt counts."""

    code = "ML-WORK-0001"


class UnknownWorkError(ConflictError):
    """There is no such row in the work ledger."""

    code = "ML-WORK-0002"


@dataclass(frozen=True, slots=True)
class Started:
    """One attempt that passed the fence. Only it may finish or fail, and only while it holds on."""

    work_id: int
    worker: str
    task: str
    arguments: Mapping[str, Any]
    queue: str
    attempt: int
    max_attempts: int
    target: str | None
    context: Mapping[str, Any]
    replay_of: int | None
    concurrency_key: str | None = None

    @property
    def idempotency_key(self) -> str:
        """The same for every attempt; what outside parties are given."""
        return str(self.context.get("origin") or f"work-{self.work_id}")
