"""The books of all projects together, or of the only one that the caller may see."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from fastapi import APIRouter

from core.recovery.report import figures
from core.store import books, kpis
from core.store.books import Totals
from core.store.kpis import Figures, Kpis
from web.api.auth import Reader
from web.api.schemas.stats import FiguresShown, RecoveryStats, Stats
from web.api.services import Provided

PERIOD: Final = timedelta(days=1)
router = APIRouter(prefix="/stats", tags=["stats"])


@router.get("", summary="What came in and where it went, and how recovery does")
def get_stats(services: Provided, who: Reader) -> Stats:
    with services.database.transaction() as session:
        totals = books.totals(session, who.project_id)
        now = services.clock.now()
        found = kpis.of(session, since=now - PERIOD, until=now, project_id=who.project_id)
    return _shown(totals, found)


def _shown(totals: Totals, found: Kpis) -> Stats:
    own = {name: getattr(totals, name) for name in Stats.model_fields if hasattr(totals, name)}
    recovery = RecoveryStats(
        **figures(found.total),
        since=found.since,
        until=found.until,
        by_component=_each(found.by_component),
        by_category=_each(found.by_category),
    )
    return Stats(
        **own,
        recovery_rate=found.total.recovery_rate,
        mean_time_to_recovery=recovery.mttr_seconds,
        recovery=recovery,
    )


def _each(found: Mapping[str, Figures]) -> dict[str, FiguresShown]:
    return {name: FiguresShown(**figures(each)) for name, each in found.items()}
