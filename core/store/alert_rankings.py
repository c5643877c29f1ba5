"""People's answers to alerts, and what was learnt of them."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from core.model import AlertRanking

RULES: Final = "rules"

# Who acknowledged an alert found it worth a look, whatever came of it.
_ANSWERS: Final = text("""
    SELECT alerts.labels, alerts.severity, alerts.component, alerts.flapping, alerts.episode,
        coalesce(alerts.fired_at, alerts.started_at) AS fired_at,
        bool_or(change.new = 'acknowledged') AS useful
    FROM alert_transitions AS change JOIN alerts ON alerts.id = change.alert_id
    WHERE alerts.source = 'rule' AND change.actor <> :rules AND change.at > :since
        AND (change.new = 'acknowledged' OR change.new = 'resolved')
    GROUP BY alerts.id
    ORDER BY alerts.id DESC
    LIMIT :most""")


def answers(session: Session, *, since: datetime, most: int) -> Sequence[Any]:
    """Newest first; one of each alert that somebody acknowledged or resolved."""
    return session.execute(_ANSWERS, {"rules": RULES, "since": since, "most": most}).all()


def newest(session: Session) -> AlertRanking | None:
    return session.scalar(select(AlertRanking).order_by(AlertRanking.id.desc()).limit(1))


def keep(session: Session, **values: Any) -> None:
    session.add(AlertRanking(**values))
