"""Endpoints of hooks: made, tried and taken away by people, with a line in the audit."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.hooks.occasions import TEST, Told, stamp
from core.hooks.secret import new_salt
from core.hooks.telling import Announcer
from core.model import Hook, HookDelivery
from core.outbound.http import parsed
from core.store.hooks import Occasion

EVERY = tuple(Occasion)


@dataclass(frozen=True, slots=True)
class NewHook:
    """`project_id` none is all projects."""

    url: str
    name: str = ""
    occasions: Sequence[Occasion] = EVERY
    project_id: int | None = None


def create(session: Session, wanted: NewHook, *, actor: Actor, now: datetime) -> Hook:
    host = parsed(wanted.url).host.decode()
    hook = Hook(
        project_id=wanted.project_id,
        name=wanted.name or host,
        url=wanted.url,
        occasions=[each.value for each in dict.fromkeys(wanted.occasions)],
        salt=new_salt(),
        created_by=actor.name,
        created_at=now,
    )
    session.add(hook)
    session.flush()
    _record(session, hook, "hook.created", actor, now)
    return hook


def remove(session: Session, hook: Hook, *, actor: Actor, now: datetime) -> None:
    """Also what is still to be sent to it."""
    _record(session, hook, "hook.deleted", actor, now)
    session.delete(hook)
    session.flush()


def trial(
    session: Session, hook: Hook, announcer: Announcer, *, actor: Actor, now: datetime
) -> HookDelivery:
    """A message of no meaning, on the way that all messages go."""
    body = {"type": TEST, "timestamp": stamp(now), "data": {"hook_id": str(hook.id)}}
    told = Told(f"test-{new_salt()}", TEST, hook.project_id or 0, body)
    _record(session, hook, "hook.tested", actor, now)
    return announcer.send(session, hook, told, now)


def _record(session: Session, hook: Hook, name: str, actor: Actor, now: datetime) -> None:
    detail = {"name": hook.name, "occasions": list(hook.occasions)}
    act = Act(
        name=name, subject="hook", subject_id=hook.id, project_id=hook.project_id, detail=detail
    )
    audit.record(session, actor, act, now=now)
