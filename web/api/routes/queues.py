"""How much waits in each queue, and for how long."""

from datetime import datetime

from fastapi import APIRouter

from core.store import backlog
from core.store.backlog import Backlog
from tasks.queues import Queue
from web.api.auth import PlatformReader
from web.api.schemas.queues import QueueShown
from web.api.services import Provided

router = APIRouter(prefix="/queues", tags=["queues"])
NOTHING = Backlog(0, None)


@router.get("", summary="Depth and age of every queue")
def list_queues(services: Provided, _who: PlatformReader) -> list[QueueShown]:
    now = services.clock.now()
    with services.database.transaction() as session:
        waiting = backlog.by_queue(session, now)
    return [
        _shown(queue, services.sender.depth(queue), waiting.get(queue, NOTHING), now)
        for queue in Queue
    ]


def _shown(queue: Queue, messages: int, waiting: Backlog, now: datetime) -> QueueShown:
    age = (now - waiting.since).total_seconds() if waiting.since else None
    return QueueShown(
        name=queue,
        messages=messages,
        rows=waiting.rows,
        depth=messages + waiting.rows,
        oldest_seconds=age if age is None else max(age, 0.0),
    )
