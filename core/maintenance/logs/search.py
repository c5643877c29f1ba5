"""Looks lines up in the central table: pages of it, and what has come since."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from psycopg.errors import QueryCanceled
from sqlalchemy import ColumnElement, String, cast, func, or_, select, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from core.errors import UnprocessableError
from core.model import LogLine
from core.store.paging import AnySelect, Cursor, Keyset, Page

ORDER: Final = Keyset(LogLine.id, LogLine.id)
PATIENCE: Final = text("SET LOCAL statement_timeout = '5s'")


class SearchTooWideError(UnprocessableError):
    """The search takes too long; narrow it by time, level, event, task or request id."""

    code = "ML-LOG-0001"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Of a list any will do, and an empty one asks for nothing. `level` and what is graver.

    `text` is found anywhere in the event's name or its fields, in large letters or small.
    """

    level: int | None = None
    events: Sequence[str] = ()
    processes: Sequence[str] = ()
    hosts: Sequence[str] = ()
    tasks: Sequence[str] = ()
    task_ids: Sequence[str] = ()
    request_ids: Sequence[str] = ()
    text: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def page(
    session: Session, wanted: Wanted, *, cursor: Cursor | None = None, limit: int = 100
) -> Page:
    """Newest first; each row begins with the `LogLine`."""
    with _patience(session):
        return ORDER.page(session, _statement(wanted), cursor=cursor, limit=limit)


def after(session: Session, wanted: Wanted, place: int, *, limit: int = 100) -> list[LogLine]:
    """The lines after that id, oldest first. None is ever added before one that is there."""
    statement = _statement(wanted).where(LogLine.id > place).order_by(LogLine.id).limit(limit)
    with _patience(session):
        return list(session.scalars(statement))


def newest(session: Session) -> int:
    """The id to follow from; 0 where there is no line."""
    return session.scalar(select(func.max(LogLine.id))) or 0


@contextmanager
def _patience(session: Session) -> Iterator[None]:
    session.execute(PATIENCE)
    try:
        yield
    except OperationalError as error:
        if isinstance(error.orig, QueryCanceled):
            raise SearchTooWideError from error
        raise


def _statement(wanted: Wanted) -> AnySelect:
    lists = (
        (LogLine.event, wanted.events),
        (LogLine.process, wanted.processes),
        (LogLine.host, wanted.hosts),
        (LogLine.task, wanted.tasks),
        (LogLine.task_id, wanted.task_ids),
        (LogLine.request_id, wanted.request_ids),
    )
    conditions = [column.in_(values) for column, values in lists if values]
    return select(LogLine).where(*conditions, *_bounds(wanted))


def _bounds(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.level is not None:
        found.append(LogLine.level >= wanted.level)
    if wanted.since is not None:
        found.append(LogLine.at >= wanted.since)
    if wanted.until is not None:
        found.append(LogLine.at < wanted.until)
    if wanted.text:
        whole = cast(LogLine.fields, String)
        sought = wanted.text
        found.append(
            or_(
                LogLine.event.icontains(sought, autoescape=True),
                whole.icontains(sought, autoescape=True),
            )
        )
    return found
