"""What came in, where it went and how recovery does: of one project, or of all that are seen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.recovery.report import figures
from core.store import books, kpis
from core.store.books import Totals
from core.store.kpis import Figures, Kpis
from web.api.schemas.stats import FiguresShown, RecoveryStats, Stats

PERIOD: Final = timedelta(days=1)


def standing(session: Session, now: datetime, *, project_id: int | None) -> Stats:
    totals = books.totals(session, project_id)
    found = kpis.of(session, since=now - PERIOD, until=now, project_id=project_id)
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
