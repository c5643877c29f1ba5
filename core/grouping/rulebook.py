"""A project's file of rules in all its versions, and how often each rule matched."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Final

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from core.analysis.rules import RuleSet, checked
from core.errors import NotFoundError
from core.model import Project, ProjectRules, RuleHits
from core.store.projects import get as project

NOTHING: Final = ""


class RulesNotFoundError(NotFoundError):
    """The project has no such rules."""

    code = "ML-REF-0030"


def current(session: Session, project_id: int) -> ProjectRules | None:
    """The newest version; none before the first one."""
    return session.scalar(_newest(project_id).limit(1))


def version(session: Session, project_id: int, number: int | None = None) -> ProjectRules:
    """The newest or a certain version; where the newest took the rules away there are none."""
    found = (
        current(session, project_id)
        if number is None
        else session.get(ProjectRules, (project_id, number))
    )
    if found is None or (number is None and not found.content):
        which = "no rules" if number is None else f"no version {number} of its rules"
        raise RulesNotFoundError(f"The project {project_id} has {which}.", project_id=project_id)
    return found


def history(session: Session, project_id: int) -> Sequence[ProjectRules]:
    """Newest first."""
    return session.scalars(_newest(project_id)).all()


def put(
    session: Session, project_id: int, content: str, *, author: str, now: datetime
) -> ProjectRules:
    """The content as the newest version; a text with a mistake is refused with `RulesError`."""
    checked(content)
    return _add(session, project_id, content, author=author, now=now)


def remove(session: Session, project_id: int, *, author: str, now: datetime) -> ProjectRules:
    """From now on no rule holds; the earlier versions stay to be read."""
    version(session, project_id)
    return _add(session, project_id, NOTHING, author=author, now=now)


def rules(session: Session, project_id: int) -> RuleSet:
    """What holds now."""
    found = current(session, project_id)
    return checked(found.content, version=found.version) if found else RuleSet()


def hits(session: Session, project_id: int, since: date) -> dict[str, int]:
    """Events that each rule decided about, those of the most first."""
    total = func.sum(RuleHits.events)
    statement = (
        select(RuleHits.rule, total)
        .where(RuleHits.project_id == project_id, RuleHits.day >= since)
        .group_by(RuleHits.rule)
        .order_by(total.desc(), RuleHits.rule)
    )
    return {rule: int(events) for rule, events in session.execute(statement)}


def _newest(project_id: int) -> Select[ProjectRules]:
    return (
        select(ProjectRules)
        .where(ProjectRules.project_id == project_id)
        .order_by(ProjectRules.version.desc())
    )


def _add(
    session: Session, project_id: int, content: str, *, author: str, now: datetime
) -> ProjectRules:
    """The project is locked, so that versions follow one another; what is the same stays."""
    project(session, project_id)
    locked = select(Project.id).where(Project.id == project_id).with_for_update(key_share=True)
    session.execute(locked)
    newest = current(session, project_id)
    if newest is not None and newest.content == content:
        return newest
    made = ProjectRules(
        project_id=project_id,
        version=newest.version + 1 if newest else 1,
        content=content,
        author=author,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
