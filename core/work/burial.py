"""The dead letter of a piece of work, in the transaction that ends it."""

from datetime import datetime

from sqlalchemy.orm import Session

from core.errors import ErrorReport
from core.store.deadletters import Capture, insert_capture
from core.store.paging import AnyRow


def letter(
    session: Session, row: AnyRow, *, report: ErrorReport, reason: str, now: datetime
) -> int:
    """`row` is the whole row of the ledger as it ends; the id of the letter."""
    project = str(row.context.get("project_id", ""))
    capture = Capture(
        capture_key=f"work-{row.id}",
        reason=reason,
        task=row.task,
        queue=row.queue,
        message_id=row.context.get("origin") or f"work-{row.id}",
        work_id=row.id,
        project_id=int(project) if project.isdigit() else None,
        arguments={"args": [], "kwargs": row.arguments},
        error=report,
        history=row.history,
        attempts=row.attempt,
        target=row.target,
        replay_of=row.replay_of,
    )
    return insert_capture(session, capture, now)
