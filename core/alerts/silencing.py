"""Silences as people make and end them, and as rows that end by themselves."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.alerts.matcher import Matcher
from core.alerts.picture import Pictured
from core.alerts.pictures import pictured
from core.alerts.silence import (
    ENDLESS,
    Ends,
    Facts,
    Scope,
    Silence,
    Window,
    ends_soon,
    over,
    warnings,
)
from core.errors import UnprocessableError
from core.model import SilenceRow
from core.store import alert_groups, silences

log = structlog.get_logger()

LONGEST_WINDOW: Final = 7 * 24 * 60
ISSUE_ID: Final = re.compile(r"[0-9]{1,18}")


@dataclass(frozen=True, slots=True, kw_only=True)
class NewSilence:
    """What somebody wants to be quiet about; `starts_at` none means now."""

    scope: Scope
    reason: str
    subject: str = ""
    matchers: tuple[Matcher, ...] = ()
    project_id: int | None = None
    starts_at: datetime | None = None
    ends: Ends = ENDLESS
    window: Window | None = None


def read(row: SilenceRow) -> Silence:
    return Silence(
        id=row.id,
        scope=Scope(row.scope),
        subject=row.subject,
        matchers=tuple(Matcher.read(each) for each in row.matchers),
        project_id=row.project_id,
        author=row.author,
        reason=row.reason,
        created_at=row.created_at,
        starts_at=row.starts_at,
        ends=Ends(
            at=row.until_at,
            resolved=row.until_resolved,
            events=row.until_events,
            release=row.until_release,
        ),
        window=Window(**row.window) if row.window else None,
        matched_at=row.matched_at,
    )


def create(session: Session, new: NewSilence, *, actor: Actor, now: datetime) -> SilenceRow:
    """What fires already and is covered counts as matched: "until resolved" holds for it. Of one
    that begins later nobody knows yet what it will meet.
    """
    _check(new, now)
    begins = new.starts_at or now
    firing = covering(session, new, now) if begins <= now else []
    row = SilenceRow(
        project_id=new.project_id,
        scope=new.scope.value,
        subject=new.subject,
        matchers=[matcher.row() for matcher in new.matchers],
        starts_at=begins,
        until_at=new.ends.at,
        until_resolved=new.ends.resolved,
        until_events=new.ends.events,
        until_release=new.ends.release,
        window=_window(new.window),
        author=actor.name,
        reason=new.reason,
        created_at=now,
        event_base=_base(session, new),
        matched_at=now if firing else None,
    )
    session.add(row)
    session.flush()
    _record(session, row, "silence.created", actor, now)
    alert_groups.stir(session, now)
    return row


def expire(
    session: Session, row: SilenceRow, *, actor: Actor, now: datetime, why: str = ""
) -> SilenceRow:
    """What it kept quiet is told with the next look. One that has ended stays as it is."""
    if row.expired_at is None:
        row.expired_at, row.expired_by = now, actor.name
        row.expired_why = why or f"{actor.name} ended it."
        _record(session, row, "silence.expired", actor, now)
        alert_groups.stir(session, now)
    return row


def sweep(session: Session, now: datetime) -> list[Silence]:
    """Those that still live, once those that are over have ended."""
    live = silences.live(session)
    if not live:
        return []
    firing = [pictured(alert) for alert in alert_groups.active(session)]
    kept, ended = [], 0
    for row in live:
        silence = read(row)
        count = _covered(silence, firing)
        why = over(silence, _facts(session, row, count), now)
        if why is None:
            kept.append(silence)
            _warn(row, silence, count, now)
            continue
        row.expired_at, row.expired_why, row.expired_by = now, why, "mendline"
        log.info("silence.ended", silence_id=row.id, why=why)
        ended += 1
    if ended:
        alert_groups.stir(session, now)
    return kept


def covering(session: Session, new: NewSilence, now: datetime) -> list[Pictured]:
    """What fires now and would be quiet: to be looked at before it is made, too."""
    silence = Silence(
        id=0, scope=new.scope, subject=new.subject, matchers=new.matchers,
        project_id=new.project_id, author="", reason=new.reason, created_at=now, starts_at=now,
    )  # fmt: skip
    alerts = (pictured(alert) for alert in alert_groups.active(session))
    return [alert for alert in alerts if _covers(silence, alert)]


def concerns(silence: Silence, alerts: Iterable[Pictured], now: datetime) -> tuple[str, ...]:
    """What its author may want to know, from what fires."""
    return warnings(silence, firing=_covered(silence, alerts), now=now)


def _covers(silence: Silence, alert: Pictured) -> bool:
    """Of a group by its key, of a channel by all that fires."""
    return silence.covers(alert, group=silence.subject, channel=silence.subject)


def _covered(silence: Silence, alerts: Iterable[Pictured]) -> int:
    if silence.scope in {Scope.GROUP, Scope.CHANNEL}:
        return 0
    return sum(_covers(silence, alert) for alert in alerts)


def _facts(session: Session, row: SilenceRow, firing: int) -> Facts:
    """Only what may end it is asked for."""
    events = row.covered
    if row.until_events is not None and row.event_base is not None:
        events = max(silences.events_of(session, int(row.subject)) - row.event_base, 0)
    released = silences.released_at(session, row.project_id) if row.until_release else None
    still = firing or silences.kept_quiet(session, row.id) if row.until_resolved else firing
    return Facts(firing=still, events=events, released_at=released)


def _warn(row: SilenceRow, silence: Silence, firing: int, now: datetime) -> None:
    """Once for each silence."""
    if row.warned_at is None and ends_soon(silence, firing=firing, now=now):
        row.warned_at = now
        log.warning("silence.ending", silence_id=row.id, author=row.author, alerts=firing)


def _check(new: NewSilence, now: datetime) -> None:
    if new.scope is Scope.LABELS and not new.matchers:
        raise UnprocessableError("A silence of labels needs a matcher, such as component=checkout.")
    if new.scope is not Scope.LABELS and not new.subject:
        raise UnprocessableError(f"Say which {new.scope}: `subject` is missing.")
    if new.scope is Scope.ISSUE and ISSUE_ID.fullmatch(new.subject) is None:
        raise UnprocessableError(f"{new.subject!r} is not the id of an issue.")
    if new.ends.at is not None and new.ends.at <= max(now, new.starts_at or now):
        raise UnprocessableError("It would end before it begins.")
    if not new.reason.strip():
        raise UnprocessableError("A silence needs a reason.")
    if new.window is not None:
        if not 0 < new.window.minutes <= LONGEST_WINDOW:
            raise UnprocessableError(f"A window has 1 to {LONGEST_WINDOW} minutes.")
        new.window.next_change(now)


def _base(session: Session, new: NewSilence) -> int | None:
    if new.scope is not Scope.ISSUE:
        return None
    return silences.events_of(session, int(new.subject))


def _window(window: Window | None) -> dict[str, Any] | None:
    if window is None:
        return None
    return {"cron": window.cron, "minutes": window.minutes, "zone": window.zone}


def _record(session: Session, row: SilenceRow, name: str, actor: Actor, now: datetime) -> None:
    detail = {"scope": row.scope, "subject": row.subject, "reason": row.reason}
    act = Act(
        name=name, subject="silence", subject_id=row.id, project_id=row.project_id, detail=detail
    )
    audit.record(session, actor, act, now=now)


def count(session: Session, covered: Sequence[int], now: datetime) -> None:
    """`covered`: the silence of each alert that was newly kept quiet."""
    silences.matched(session, covered, now)
