"""Alerts in the order in which they are worth a look, and why."""

from collections.abc import Sequence
from typing import Self

from pydantic import Field

from core.alerts.learning import Standing
from core.alerts.ranking import Ranked
from core.model import Alert
from web.api.schemas.alerts import AlertShown
from web.api.schemas.shape import Moment, Shown


class ReasonShown(Shown):
    feature: str
    shift: float = Field(description="In log-odds: above 0 speaks for a look, below 0 against it.")


class RankedShown(Shown):
    probability: float = Field(description="Share of such alerts that somebody acknowledged.")
    reasons: list[ReasonShown]
    alert: AlertShown


class RankingShown(Shown):
    active: bool
    why: str = Field(description="What it was learnt from, or what is still missing.")
    made_at: Moment | None
    alerts: list[RankedShown] = Field(description="The likeliest first; none while not active.")

    @classmethod
    def of(cls, found: Standing, ranked: Sequence[tuple[Alert, Ranked]]) -> Self:
        shown = [
            RankedShown(
                probability=round(each.probability, 4),
                reasons=[ReasonShown.model_validate(reason) for reason in each.reasons],
                alert=AlertShown.model_validate(alert),
            )
            for alert, each in ranked
        ]
        active = found.model is not None
        return cls(active=active, why=found.why, made_at=found.made_at, alerts=shown)
