"""Alerts: how they stand, how they came to it, and what people write about them."""

from collections.abc import Sequence
from typing import Any, Self, TypeVar

from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from core.alerts.desk import LONGEST_NOTE
from core.alerts.state import State
from core.analysis.result import Severity
from core.model import Alert
from core.store import alerts as rows
from web.api.schemas.shape import Id, Moment, NumberText, Shown, Written

T = TypeVar("T", bound=Shown)


class AlertQuery(BaseModel):
    """Each filter may come several times: any of its values will do."""

    state: list[State] = []
    severity: list[Severity] = []
    rule: list[str] = Field([], description="Names of rules.")
    project: list[NumberText] = []
    label: list[str] = Field([], description="As `name=value`; all of them must fit.")
    assignee: str | None = None


class AlertShown(Shown):
    id: Id
    rule_id: Id | None
    source: str = Field(description="rule, or push for what another program sent.")
    fingerprint: str = Field(description="The same for all episodes of a series.")
    labels: dict[str, str]
    annotations: dict[str, str]
    severity: str
    state: str
    flapping: bool
    value: float | None
    episode: int
    reason: str = Field(description="Of the last change of state.")
    started_at: Moment
    state_at: Moment
    fired_at: Moment | None
    acknowledged_at: Moment | None
    acknowledged_by: str | None
    assignee: str | None
    resolved_at: Moment | None
    ends_at: Moment | None
    escalation: int
    generator_url: str | None
    project_id: Id | None
    issue_id: Id | None
    component: str | None
    release: str | None


class TransitionShown(Shown):
    old: str | None
    new: str
    reason: str
    actor: str
    severity: str
    value: float | None
    at: Moment


class NoteShown(Shown):
    author: str
    text: str
    at: Moment


class EpisodeShown(Shown):
    id: Id
    episode: int
    state: str
    severity: str
    started_at: Moment
    resolved_at: Moment | None


class AlertDetail(AlertShown):
    transitions: Sequence[TransitionShown] = Field(description="Oldest first.")
    notes: Sequence[NoteShown]
    episodes: Sequence[EpisodeShown] = Field(description="Of the same series, newest first.")

    @classmethod
    def whole(cls, session: Session, alert: Alert) -> Self:
        plain: dict[str, Any] = AlertShown.model_validate(alert).model_dump()
        return cls(
            **plain,
            transitions=_each(TransitionShown, rows.transitions(session, alert.id)),
            notes=_each(NoteShown, rows.notes(session, alert.id)),
            episodes=_each(EpisodeShown, rows.episodes(session, alert)),
        )


def _each(shape: type[T], found: Sequence[Any]) -> list[T]:
    return [shape.model_validate(row) for row in found]


class AlertWord(Written):
    why: str | None = Field(None, max_length=1_000, description="Kept with the change of state.")


class Assigned(Written):
    assignee: str | None = Field(max_length=200, description="Nobody: null.")


class NoteWritten(Written):
    text: str = Field(min_length=1, max_length=LONGEST_NOTE)
