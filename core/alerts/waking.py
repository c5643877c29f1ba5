"""Asks for a look at what is to be told, now or later; a second one for the same second is none."""

import math
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Final

from sqlalchemy.orm import Session

from core.store.work import WorkOrder

FLUSH: Final = "alerts.flush"
QUEUE: Final = "alerts"
PRIORITY: Final = 1


def wake(session: Session, add: Callable[[Session, WorkOrder], int], *, at: datetime) -> None:
    """In the transaction that makes it necessary: changes of state, a group that is due."""
    second = math.ceil(at.timestamp())
    order = WorkOrder(
        task=FLUSH,
        arguments={},
        queue=QUEUE,
        priority=PRIORITY,
        due_at=datetime.fromtimestamp(second, UTC),
        unique_key=f"{FLUSH}-{second}",
    )
    add(session, order)
