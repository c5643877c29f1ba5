"""Back-tests of rules of alerts: what they would have done on the days that are stored."""

from datetime import datetime, timedelta
from typing import Final

from fastapi import APIRouter
from sqlalchemy.orm import Session

from config.alerting import plan
from config.alerts import read_text
from core.alerts.backtest import Asked, play
from core.alerts.backtest.play import BacktestError
from core.alerts.backtest.pretending import always, silences
from core.alerts.book import of_row
from core.alerts.conditions.forecast import Forecast
from core.alerts.reading import RuleError
from core.alerts.reading import rule as read_rule
from core.alerts.rule import Rule
from core.alerts.silence import Silence
from core.alerts.silencing import read as silence_of
from core.store import alert_rules
from core.store import silences as silence_rows
from web.api.auth import PlatformOperator
from web.api.schemas.backtests import BacktestAsked, BacktestShown
from web.api.schemas.shape import before
from web.api.services import Provided

router = APIRouter(prefix="/alert-rules", tags=["alerts"])
# A request should not keep its process for much longer than ten seconds.
MOST_LOOKS: Final = 11_000


@router.post("/backtest", summary="What rules would have done on the days that are stored")
def backtest_alert_rules(
    body: BacktestAsked,
    services: Provided,
    who: PlatformOperator,  # noqa: ARG001 (it costs seconds of work)
) -> BacktestShown:
    """Nothing is written and nobody is told. Longer ones: `mendline alert backtest`."""
    until = body.until or services.clock.now()
    since = body.since or before(until, timedelta(days=body.days))
    with services.database.transaction() as session:
        rules = _rules(session, body)
        _light(rules, looks=(until - since) / body.step)
        wanted = silences([each.pretended() for each in body.silences], since=since)
        if body.present_silences:
            wanted += _present(session, since, begun=len(wanted))
        asked = Asked(
            rules=rules,
            since=since,
            until=until,
            plan=plan(services.settings),
            silences=wanted,
            step=body.step,
        )
        return BacktestShown.of(play(session, asked), silences=len(wanted))


def _rules(session: Session, body: BacktestAsked) -> list[Rule]:
    if body.rule is not None:
        return [read_rule(body.rule)]
    if body.content is not None:
        found = read_text(body.content)
        if not found.usable:
            raise RuleError(found.problems)
        return [each.rule for each in found.rules]
    stored = of_row(alert_rules.get(session, int(body.rule_id or 0)))
    if stored is None:
        raise BacktestError("This version of Mendline cannot read the rule.")
    return [stored]


def _light(rules: list[Rule], *, looks: float) -> None:
    if looks > MOST_LOOKS:
        raise BacktestError(
            f"That is {looks:.0f} looks, and {MOST_LOOKS} are allowed in a request; take a longer "
            f"step or less time, or play it with `mendline alert backtest`."
        )
    if any(rule.measure.kind == Forecast.kind for rule in rules):
        raise BacktestError(
            "Forecasts need models that the API does not load; play them with `mendline alert "
            "backtest`."
        )


def _present(session: Session, since: datetime, *, begun: int) -> tuple[Silence, ...]:
    known = [silence_of(row) for row in silence_rows.live(session)]
    return always(known, since=since, begun=begun)
