"""The ranking in its rows: learnt once a day from what people did, asked whenever alerts are."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.alerts import ranking
from core.alerts.ranking import Answer, Model, Ranked, RankingExtraError, Seen
from core.alerts.rule import ALERT_NAME
from core.model import Alert, AlertRanking
from core.store import alert_rankings as rows

SINCE: Final = timedelta(days=180)
MOST: Final = 20_000
# What was learnt so long ago is not used any more.
AGED: Final = timedelta(days=14)


@dataclass(frozen=True, slots=True)
class Standing:
    """`why` says what is missing where there is no `model`."""

    model: Model | None
    why: str
    made_at: datetime | None = None


def learn(session: Session, now: datetime) -> dict[str, Any]:
    """What came of it, for the record of the run."""
    answers = list(_answers(session, now))
    missing = ranking.missing(answers)
    if missing is not None:
        return {"learnt": False, "why": missing}
    try:
        found = ranking.learn(answers)
    except RankingExtraError as error:
        return {"learnt": False, "why": str(error)}
    rows.keep(
        session,
        made_at=now,
        useful=found.useful,
        useless=found.useless,
        loss=found.loss,
        plain_loss=found.plain_loss,
        body=found.model.body(),
    )
    return {"learnt": True, "better": found.better, "loss": found.loss, "answers": len(answers)}


def standing(session: Session, now: datetime) -> Standing:
    newest = rows.newest(session)
    if newest is None or newest.made_at < now - AGED:
        missing = ranking.missing(list(_answers(session, now)))
        return Standing(None, missing or "It learns once a day, and has not done so yet.")
    if newest.loss >= newest.plain_loss:
        why = "What was learnt says no more of an alert than that it is one."
        return Standing(None, why, newest.made_at)
    return Standing(Model(**newest.body), _told(newest), newest.made_at)


def ranked(model: Model, alerts: Iterable[Alert]) -> list[tuple[Alert, Ranked]]:
    """The likeliest first."""
    found = [(alert, model.rank(seen(alert))) for alert in alerts]
    return sorted(found, key=lambda pair: (-pair[1].probability, -pair[0].id))


def seen(alert: Any) -> Seen:
    """Of an alert, or of an answer to one."""
    labels = alert.labels
    return Seen(
        rule=str(labels.get(ALERT_NAME, "")),
        severity=alert.severity,
        fired_at=alert.fired_at or alert.started_at,
        component=alert.component,
        project=labels.get("project"),
        flapping=alert.flapping,
        episode=alert.episode,
    )


def _answers(session: Session, now: datetime) -> Iterable[Answer]:
    for row in rows.answers(session, since=now - SINCE, most=MOST):
        yield Answer(seen(row), row.useful)


def _told(row: AlertRanking) -> str:
    return (
        f"Learnt from {row.useful + row.useless} answers; its error on unseen ones is "
        f"{row.loss:.3f}, that of one number for all {row.plain_loss:.3f}."
    )
