"""Silences as people ask for them, and as they stand."""

from collections.abc import Sequence
from datetime import datetime
from typing import Self

from pydantic import Field

from core.alerts.matcher import Matcher
from core.alerts.picture import Pictured
from core.alerts.silence import Ends, Phase, Scope, Window, phase
from core.alerts.silencing import NewSilence, concerns, read
from core.model import SilenceRow
from web.api.schemas.shape import Id, Moment, MomentWritten, NumberText, Shown, Written


class WindowWritten(Written):
    """A maintenance: it holds for so many minutes from each moment of `cron` on."""

    cron: str = Field(min_length=9, max_length=200, description="Five fields.")
    minutes: int = Field(ge=1, le=7 * 24 * 60)
    zone: str = Field("UTC", max_length=100)


class SilenceCreate(Written):
    scope: Scope = Scope.LABELS
    subject: str = Field(
        "",
        max_length=2000,
        description="The name of the rule or channel, the id of the issue, the key of the group.",
    )
    matchers: list[str] = Field([], max_length=50, description='Such as severity=~"high|low".')
    reason: str = Field(min_length=1, max_length=1000)
    project: NumberText | None = Field(None, description="Default: all that the key may see.")
    starts_at: MomentWritten | None = Field(None, description="Default: now.")
    until: MomentWritten | None = None
    until_resolved: bool = False
    until_events: int | None = Field(None, ge=1, le=10**9, description="So many more events.")
    until_release: bool = False
    window: WindowWritten | None = None

    def wanted(self, project_id: int | None) -> NewSilence:
        return NewSilence(
            scope=self.scope,
            subject=self.subject,
            matchers=tuple(map(Matcher.asked, self.matchers)),
            reason=self.reason,
            project_id=project_id,
            starts_at=self.starts_at,
            ends=Ends(
                at=self.until,
                resolved=self.until_resolved,
                events=self.until_events,
                release=self.until_release,
            ),
            window=Window(**self.window.model_dump()) if self.window else None,
        )


class SilenceShown(Shown):
    id: Id
    project_id: Id | None
    phase: str = Field(description="pending, active, waiting (between windows) or expired.")
    scope: str
    subject: str
    matchers: list[str]
    ends: str = Field(description="In words.")
    starts_at: Moment
    until: Moment | None
    until_resolved: bool
    until_events: int | None
    until_release: bool
    window: WindowWritten | None
    author: str
    reason: str
    created_at: Moment
    covered: int = Field(description="How many alerts it kept quiet.")
    matched_at: Moment | None
    expired_at: Moment | None
    expired_why: str | None
    warnings: list[str] = Field(description="Ends soon, has matched nothing in 30 days, no end.")

    @classmethod
    def of(cls, row: SilenceRow, *, firing: Sequence[Pictured], now: datetime) -> Self:
        silence = read(row)
        stands = phase(silence, now) if row.expired_at is None else Phase.EXPIRED
        ended = stands is Phase.EXPIRED
        return cls(
            id=str(row.id),
            project_id=None if row.project_id is None else str(row.project_id),
            phase=stands.value,
            scope=row.scope,
            subject=row.subject,
            matchers=[str(matcher) for matcher in silence.matchers],
            ends=str(silence.ends),
            starts_at=row.starts_at,
            until=row.until_at,
            until_resolved=row.until_resolved,
            until_events=row.until_events,
            until_release=row.until_release,
            window=WindowWritten(**row.window) if row.window else None,
            author=row.author,
            reason=row.reason,
            created_at=row.created_at,
            covered=row.covered,
            matched_at=row.matched_at,
            expired_at=row.expired_at,
            expired_why=row.expired_why,
            warnings=[] if ended else list(concerns(silence, firing, now)),
        )


class Coverage(Shown):
    """What a silence would keep quiet if it were made now."""

    alerts: int
    alert_ids: list[Id] = Field(description="The first hundred.")
