"""Runs of the jobs that keep the house."""

from fastapi import APIRouter

from core.schedules import history
from tasks.queues import Queue
from web.api.auth import PlatformReader
from web.api.listing import Listed
from web.api.schemas.schedules import RunShown
from web.api.services import Provided

router = APIRouter(prefix="/maintenance", tags=["maintenance"])


@router.get("/runs", summary="What the house-keeping jobs did, newest first")
def list_maintenance_runs(services: Provided, _who: PlatformReader, ask: Listed) -> list[RunShown]:
    with services.database.transaction() as session:
        page = history.page(session, queue=Queue.MAINTENANCE, cursor=ask.cursor, limit=ask.limit)
        ask.link(page)
        return [RunShown.of(run, item) for run, item, *_ in page.rows]
