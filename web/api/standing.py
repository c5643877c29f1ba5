"""What came in, where it went and how recovery does: of one project, or of all that are seen."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from core.maintenance import spooled
from core.recovery.report import figures
from core.store import books, kpis
from core.store.books import Totals
from core.store.kpis import Figures, Kpis
from web.api.schemas.stats import FiguresShown, RecoveryStats, Stats

PERIOD: Final = timedelta(days=1)


def standing(session: Session, now: datetime, *, project_id: int | None, spool: Path) -> Stats:
    """The spool first: what is drained meanwhile is told as waiting, and never missed."""
    waiting = spooled.events(session, spool, project_id=project_id)
    totals = books.totals(session, project_id)
    found = kpis.of(session, since=now - PERIOD, until=now, project_id=project_id)
    return _shown(totals, waiting, found)


def _shown(totals: Totals, waiting: int, found: Kpis) -> Stats:
    own = {name: getattr(totals, name) for name in Stats.model_fields if hasattr(totals, name)}
    own |= {name: own[name] + waiting for name in ("received", "accepted", "pending")}
    recovery = RecoveryStats(
        **figures(found.total),
        since=found.since,
        until=found.until,
        by_component=_each(found.by_component),
        by_category=_each(found.by_category),
    )
    return Stats(
        **own,
        spooled=waiting,
        recovery_rate=found.total.recovery_rate,
        mean_time_to_recovery=recovery.mttr_seconds,
        recovery=recovery,
    )


def _each(found: Mapping[str, Figures]) -> dict[str, FiguresShown]:
    return {name: FiguresShown(**figures(each)) for name, each in found.items()}
