"""Back-tests of rules of alerts: what is played, and what came of it."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Final, Self

from pydantic import Field, model_validator

from core.alerts.backtest import Episode, Report
from core.alerts.backtest.pretending import Pretended
from core.alerts.matcher import Matcher
from core.alerts.silence import Scope, Window
from web.api.schemas.shape import Moment, MomentWritten, NumberText, Shown, Written
from web.api.schemas.silences import WindowWritten

MOST_EPISODES: Final = 500


class PretendedSilence(Written):
    """Holds for the whole time unless it says other."""

    scope: Scope = Scope.LABELS
    subject: str = Field("", max_length=2000, description="Name of the rule or of the channel.")
    matchers: list[str] = Field([], max_length=50, description='Such as severity=~"high|low".')
    since: MomentWritten | None = None
    until: MomentWritten | None = None
    window: WindowWritten | None = None

    def pretended(self) -> Pretended:
        return Pretended(
            scope=self.scope,
            subject=self.subject,
            matchers=tuple(map(Matcher.asked, self.matchers)),
            since=self.since,
            until=self.until,
            window=Window(**self.window.model_dump()) if self.window else None,
        )


class BacktestAsked(Written):
    """Exactly one of `rule`, `rule_id` and `content` says what is played."""

    rule: dict[str, Any] | None = Field(None, description="The keys of a rule.")
    rule_id: NumberText | None = Field(None, description="A rule that there is.")
    content: str | None = Field(None, max_length=500_000, description="Rules in YAML.")
    days: float = Field(7, gt=0, le=30, description="Up to `until`; unless `since` is given.")
    since: MomentWritten | None = None
    until: MomentWritten | None = Field(None, description="Default: now.")
    step_seconds: int = Field(60, ge=10, le=3600, description="How often rules are looked at.")
    silences: list[PretendedSilence] = Field([], max_length=50)
    present_silences: bool = Field(
        False, description="As if the silences of today had held all the time."
    )

    @model_validator(mode="after")
    def _says_what(self) -> Self:
        given = [each for each in (self.rule, self.rule_id, self.content) if each is not None]
        if len(given) != 1:
            raise ValueError("Give exactly one of rule, rule_id and content.")
        return self

    @property
    def step(self) -> timedelta:
        return timedelta(seconds=self.step_seconds)


class FiringShown(Shown):
    rule: str
    labels: dict[str, str]
    severity: str
    value: float | None
    fired_at: Moment
    over_at: Moment | None = Field(description="None: it was still on at the end.")
    why: str
    verdict: str = Field(
        description="told, digest, silenced, inhibited, muted, throttled, over (before anybody "
        "was told) or waiting."
    )
    reason: str = Field(description="Of the verdict.")

    @classmethod
    def of(cls, found: Episode) -> Self:
        return cls.model_validate(found)


class BacktestShown(Shown):
    summary: str
    since: Moment
    until: Moment
    looks: int
    known_since: Moment | None = Field(description="The oldest minute that is still stored.")
    fired: int
    told: int
    verdicts: dict[str, int]
    rules: dict[str, dict[str, int]] = Field(description="How often each fired, and its verdicts.")
    notifications: dict[str, int] = Field(description="By channel; `nobody`: a route without any.")
    incidents: int
    skipped: list[str] = Field(description="Rules about what is not stored: only of now is known.")
    failed: list[str] = Field(description="Kinds of conditions that did not work, and why.")
    episodes: list[FiringShown] = Field(description=f"The first {MOST_EPISODES}.")
    left_off: int

    @classmethod
    def of(cls, found: Report, *, silences: int) -> Self:
        rules: Mapping[str, dict[str, int]] = {
            name: dict(counts) for name, counts in found.by_rule().items()
        }
        return cls(
            summary=found.sentence(silences=silences),
            since=found.since,
            until=found.until,
            looks=found.looks,
            known_since=found.known_since,
            fired=found.fired,
            told=found.heard,
            verdicts=dict(found.verdicts),
            rules=dict(rules),
            notifications=dict(found.notifications),
            incidents=found.incidents,
            skipped=list(found.skipped),
            failed=list(found.failed),
            episodes=[FiringShown.of(each) for each in found.episodes[:MOST_EPISODES]],
            left_off=max(found.fired - MOST_EPISODES, 0),
        )
