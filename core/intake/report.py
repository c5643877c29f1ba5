"""`intake.report`: an error that came over the broker, taken in within the caller's transaction."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import insert, null
from sqlalchemy.orm import Session

from core.errors import ForbiddenError
from core.intake import credentials, event_id, rest
from core.intake.item import InboxItem
from core.intake.limits import Limits
from core.intake.rejection import Reason
from core.intake.sanitise import sanitise
from core.intake.submission import report_item
from core.model import InboxRow
from core.store import books, projects
from core.store.books import Account, BookLine
from core.store.engine import after_commit


@dataclass(frozen=True, slots=True)
class AcceptedReport:
    project_id: int
    event_id: str


def accept_report(
    session: Session,
    report: Mapping[str, Any],
    *,
    message_id: str,
    received_at: datetime,
    limits: Limits,
    wake: Callable[[], None] | None = None,
) -> AcceptedReport:
    """`report` is the JSON of `POST /api/errors` with `dsn_key` beside it.

    A message that is delivered twice gets the same event id, so it is stored once. Raises
    `ForbiddenError` for an unknown key, `InvalidInputError` for what tells no error.
    """
    key = credentials.public_key(str(report.get("dsn_key", "")))
    project = projects.by_public_key(session, key) if key else None
    if project is None:
        raise ForbiddenError("the dsn_key is missing or unknown", reason=Reason.UNKNOWN_KEY)
    plain = {name: value for name, value in report.items() if name != "dsn_key"}
    clean = sanitise(plain)
    identity = event_id.read(plain.get("event_id")) or event_id.of_message(message_id)
    item = report_item(
        rest.check(clean.value),
        identity,
        project_id=project.id,
        received_at=received_at,
        limit=limits.event,
        tags=clean.tags,
    )
    _insert(session, item)
    if wake is not None:
        after_commit(session, wake)
    return AcceptedReport(project.id, identity.hex)


def _insert(session: Session, item: InboxItem) -> None:
    session.execute(
        insert(InboxRow).values(
            project_id=item.project_id,
            event_id=item.event_id,
            received_at=item.received_at,
            kind=item.kind,
            encoding=item.encoding,
            body=item.body,
            hints=null() if item.hints is None else item.hints,
        )
    )
    day = item.received_at.astimezone(UTC).date()
    books.post(session, [BookLine(day, item.project_id, Account.ACCEPTED)], writer=0)
