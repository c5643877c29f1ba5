"""The policies of projects and components in all their versions, and those that hold."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final, NamedTuple

import structlog
from sqlalchemy import ColumnElement, Select, func, select
from sqlalchemy.orm import Session

from core.errors import NotFoundError
from core.model import Project, RecoveryPolicy
from core.recovery.book import Book, Layer
from core.recovery.policy_reading import Words, checked, read
from core.store.paging import MOMENT, Cursor, Keyset, Page
from core.store.projects import get as project

WHOLE_PROJECT: Final = ""
NOTHING: Final = ""
ORDER: Final = Keyset(RecoveryPolicy.created_at, RecoveryPolicy.project_id, MOMENT)

log = structlog.get_logger()


class PolicyNotFoundError(NotFoundError):
    """The project has no such policy."""

    code = "ML-REF-0041"


class Place(NamedTuple):
    """Whose policy: a project's, or that of one component of it."""

    project_id: int
    component: str = WHOLE_PROJECT

    @property
    def name(self) -> str:
        return f"component {self.component}" if self.component else "project"


def current(session: Session, place: Place) -> RecoveryPolicy | None:
    """The newest version; none before the first one."""
    return session.scalar(_newest(place).limit(1))


def version(session: Session, place: Place, number: int | None = None) -> RecoveryPolicy:
    """The newest or a certain version; where the newest took the policy away there is none."""
    found = (
        current(session, place)
        if number is None
        else session.get(RecoveryPolicy, (place.project_id, place.component, number))
    )
    if found is None or (number is None and not found.content):
        which = "no policy" if number is None else f"no version {number} of its policy"
        raise PolicyNotFoundError(f"The {place.name} has {which}.", project_id=place.project_id)
    return found


def history(session: Session, place: Place) -> Sequence[RecoveryPolicy]:
    """Newest first."""
    return session.scalars(_newest(place)).all()


def every(session: Session, project_id: int) -> Sequence[RecoveryPolicy]:
    """What holds: the project's own first, then those of its components."""
    statement = _in_force(project_id).order_by(RecoveryPolicy.component)
    return session.scalars(statement).all()


def page(
    session: Session, *, only: int | None = None, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """What holds in all projects or in one, newest first; each row begins with the policy."""
    return ORDER.page(session, _in_force(only), cursor=cursor, limit=limit)


def put(
    session: Session, place: Place, content: str, *, words: Words, author: str, now: datetime
) -> RecoveryPolicy:
    """The content as the newest version; a text with a mistake is refused with `PolicyError`."""
    checked(content, words)
    return _add(session, place, content, author=author, now=now)


def remove(session: Session, place: Place, *, author: str, now: datetime) -> RecoveryPolicy:
    """From now on it does not hold; the earlier versions stay to be read."""
    version(session, place)
    return _add(session, place, NOTHING, author=author, now=now)


class Books:
    """The policies that hold, each version read once. Not to be used by two threads at once."""

    def __init__(self, shipped: Layer, words: Words) -> None:
        self._shipped = shipped
        self._words = words
        self._known: dict[Place, Layer] = {}

    def book(self, session: Session, project_id: int, component: str) -> Book:
        """The component's policy comes before the project's, and that before what is shipped."""
        places = [Place(project_id)]
        if component:
            places.insert(0, Place(project_id, component))
        own = [layer for place in places if (layer := self._layer(session, place)) is not None]
        return Book((*own, self._shipped))

    def _layer(self, session: Session, place: Place) -> Layer | None:
        number = session.scalar(select(func.max(RecoveryPolicy.version)).where(_of(place)))
        if number is None:
            return None
        known = self._known.get(place)
        if known is None or known.version != number:
            known = self._known[place] = self._load(session, place, number)
        return known

    def _load(self, session: Session, place: Place, number: int) -> Layer:
        """What another version of Mendline took and this one does not is left out."""
        found = read(
            version(session, place, number).content, self._words, name=place.name, version=number
        )
        if not found.usable:
            problems = [str(problem) for problem in found.problems if problem.fatal]
            log.warning("policy.skipped", project_id=place.project_id, problems=problems)
        return replace(found.layer, name=place.name, version=number)


def _in_force(project_id: int | None) -> Select[RecoveryPolicy]:
    """The newest version at each place, unless it took the policy away."""
    newest = select(
        RecoveryPolicy.project_id,
        RecoveryPolicy.component,
        func.max(RecoveryPolicy.version).label("version"),
    ).group_by(RecoveryPolicy.project_id, RecoveryPolicy.component)
    if project_id is not None:
        newest = newest.where(RecoveryPolicy.project_id == project_id)
    known = newest.subquery()
    return (
        select(RecoveryPolicy)
        .join(
            known,
            (RecoveryPolicy.project_id == known.c.project_id)
            & (RecoveryPolicy.component == known.c.component)
            & (RecoveryPolicy.version == known.c.version),
        )
        .where(RecoveryPolicy.content != NOTHING)
    )


def _of(place: Place) -> ColumnElement[bool]:
    mine = RecoveryPolicy.project_id == place.project_id
    return mine & (RecoveryPolicy.component == place.component)


def _newest(place: Place) -> Select[RecoveryPolicy]:
    return select(RecoveryPolicy).where(_of(place)).order_by(RecoveryPolicy.version.desc())


def _add(
    session: Session, place: Place, content: str, *, author: str, now: datetime
) -> RecoveryPolicy:
    """The project is locked, so that versions follow one another; what is the same stays."""
    project(session, place.project_id)
    locked = select(Project.id).where(Project.id == place.project_id)
    session.execute(locked.with_for_update(key_share=True))
    newest = current(session, place)
    if newest is not None and newest.content == content:
        return newest
    made = RecoveryPolicy(
        project_id=place.project_id,
        component=place.component,
        version=newest.version + 1 if newest else 1,
        content=content,
        author=author,
        created_at=now,
    )
    session.add(made)
    session.flush()
    return made
