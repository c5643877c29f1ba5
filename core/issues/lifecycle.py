"""Changes of state: compare-and-set on the issue and a row of history, in one statement."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.errors import InvalidInputError
from core.issues.states import Status, Transition, on_event

__all__ = ["DIGEST", "Change", "Changed", "Status", "Transition", "apply", "change", "on_event"]

# Who changes an issue when an event does.
DIGEST: Final = "digest"
BY_HAND: Final = frozenset({Status.UNRESOLVED, Status.RESOLVED, Status.IGNORED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What somebody wants of some issues. `ignored_until` only with `ignored`; none is for ever."""

    new: Status
    actor: str
    reason: str = "by_hand"
    ignored_until: datetime | None = None

    def __post_init__(self) -> None:
        if self.new not in BY_HAND:
            raise InvalidInputError(f"An issue cannot be set to {self.new} by hand.")
        if self.ignored_until is not None and self.new is not Status.IGNORED:
            raise InvalidInputError("Only an ignored issue has an end of being ignored.")


@dataclass(frozen=True, slots=True)
class Changed:
    issue_id: int
    project_id: int
    old: Status
    new: Status


# Rows are locked in the order of their ids, as every batch does, so that none wait in a circle.
_CHANGE = text("""
    WITH found AS (
        SELECT id, status FROM issues
        WHERE id = ANY(:ids) AND merged_into IS NULL
          AND status = ANY(:old)
          AND (status <> :new OR ignored_until IS DISTINCT FROM CAST(:ignored_until AS timestamptz))
        ORDER BY id FOR UPDATE
    ), changed AS (
        UPDATE issues SET status = :new, status_changed_at = :at, ignored_until = :ignored_until
        FROM found WHERE issues.id = found.id
        RETURNING issues.id, issues.project_id, found.status AS old
    ), written AS (
        INSERT INTO issue_transitions (issue_id, old, new, reason, actor, at)
        SELECT id, old, :new, :reason, :actor, :at FROM changed
    )
    SELECT id, project_id, old FROM changed ORDER BY id
""")


def change(
    session: Session,
    issue_ids: Collection[int],
    wanted: Change,
    *,
    now: datetime,
    expected: Collection[Status] = tuple(Status),
) -> list[Changed]:
    """Sets those issues that are in an `expected` state and not there yet; returns only these."""
    return _set(
        session,
        issue_ids,
        {
            "old": list(expected),
            "new": wanted.new,
            "reason": wanted.reason,
            "actor": wanted.actor,
            "at": now,
            "ignored_until": wanted.ignored_until,
        },
    )


def apply(
    session: Session, transitions: Iterable[tuple[int, Transition]], *, now: datetime
) -> list[Changed]:
    """Makes what `on_event` decided, where the issue is still in the state it was decided for."""
    changed: list[Changed] = []
    wanted = sorted(transitions, key=lambda pair: (pair[1].old, pair[0]))
    for transition, pairs in groupby(wanted, key=lambda pair: pair[1]):
        values = {
            "old": [transition.old],
            "new": transition.new,
            "reason": transition.reason,
            "actor": DIGEST,
            "at": now,
            "ignored_until": None,
        }
        changed += _set(session, [issue_id for issue_id, _ in pairs], values)
    return changed


def _set(session: Session, issue_ids: Collection[int], values: dict[str, object]) -> list[Changed]:
    session.flush()
    rows = session.execute(_CHANGE, {"ids": list(issue_ids), **values}).all()
    session.expire_all()
    new = Status(str(values["new"]))
    return [Changed(issue_id, project_id, Status(old), new) for issue_id, project_id, old in rows]
