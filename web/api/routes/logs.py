"""What the processes of the platform log."""

import asyncio
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.concurrency import run_in_threadpool

from core.maintenance.logs import search
from core.maintenance.logs.search import Wanted
from web.api.auth import PlatformReader
from web.api.listing import Listed
from web.api.schemas.logs import LogLineShown, LogQuery, LogsFollowed
from web.api.services import Provided, Services

router = APIRouter(prefix="/logs", tags=["logs"])

# Shorter than the grace of a server that is stopped.
LONGEST_WAIT: Final = 8
LOOK_EVERY: Final = 0.5

Asked = Annotated[LogQuery, Query()]
After = Annotated[int | None, Query(ge=0, lt=2**63, description="From the last answer.")]
Wait = Annotated[int, Query(ge=0, le=LONGEST_WAIT, description="Seconds to wait for a line.")]
Limit = Annotated[int, Query(ge=1, le=500)]


@router.get("", summary="Search log lines, newest first")
def list_log_lines(
    services: Provided, _who: PlatformReader, ask: Listed, query: Asked
) -> list[LogLineShown]:
    with services.database.transaction() as session:
        page = search.page(session, query.wanted(), cursor=ask.cursor, limit=ask.limit)
        return [LogLineShown.of(line) for line in ask.link(page)]


@router.get("/follow", summary="Wait for log lines, oldest first")
async def follow_log_lines(
    services: Provided,
    _who: PlatformReader,
    query: Asked,
    *,
    after: After = None,
    wait: Wait = 0,
    limit: Limit = 100,
) -> LogsFollowed:
    """Without `after` it answers at once with the place to follow from."""
    wanted = query.wanted()
    found = await run_in_threadpool(_look, services, wanted, after, limit)
    for _ in range(int(wait / LOOK_EVERY)):
        if found.lines or after is None:
            break
        await asyncio.sleep(LOOK_EVERY)
        found = await run_in_threadpool(_look, services, wanted, after, limit)
    return found


def _look(services: Services, wanted: Wanted, after: int | None, limit: int) -> LogsFollowed:
    with services.database.transaction() as session:
        if after is None:
            return LogsFollowed(lines=[], after=str(search.newest(session)))
        lines = [
            LogLineShown.of(line) for line in search.after(session, wanted, after, limit=limit)
        ]
    return LogsFollowed(lines=lines, after=lines[-1].id if lines else str(after))
