"""One question of each screen, asked of a restored database: does it answer?"""

from typing import Any, Final

from sqlalchemy import Select, select
from sqlalchemy.orm import DeclarativeBase, Session

from core import model
from core.store.engine import Database

SHOWN: Final[dict[str, tuple[type[DeclarativeBase], ...]]] = {
    "projects": (model.Project, model.ProjectKey, model.ProjectRules),
    "issues": (model.Issue, model.IssueFingerprint, model.IssueTransition, model.IssueMinute),
    "events": (model.Event, model.EventId, model.PayloadDictionary),
    "patterns": (model.MessagePattern, model.IssuePattern),
    "dead letters": (model.DeadLetter, model.LetterEdit, model.ReplayRun),
    "recoveries": (model.Recovery, model.RecoveryAttempt, model.RecoveryPolicy),
    "breakers": (model.Breaker, model.BreakerTransition),
    "work": (model.WorkItem, model.Schedule, model.ScheduleRun),
    "fleet": (model.Agent, model.ScaleDecision),
    "access": (model.ApiKey, model.AuditEntry),
    "books": (model.BookEntry, model.ComponentMinute),
}
ROWS: Final = 20


def ask(url: str) -> list[str]:
    """The names of the screens that were answered; a screen that fails raises."""
    database = Database(url, application="mendline-backup", pool_size=1)
    try:
        for tables in SHOWN.values():
            with database.transaction() as session:
                _answer(session, tables)
    finally:
        database.dispose()
    return list(SHOWN)


def _answer(session: Session, tables: tuple[type[DeclarativeBase], ...]) -> None:
    for table in tables:
        statement: Select[Any] = select(table).order_by(*table.__mapper__.primary_key)
        session.scalars(statement.limit(ROWS)).all()
