"""The books of what came in: counted up in the transaction of what they count."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import Any, Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store.engine import driver_connection

UNKNOWN_PROJECT: Final = 0


class Account(StrEnum):
    """`thinned` is a part of `stored`; `rejected` and `skipped` are counted by reason.

    `cropped` were stored and gave way to a budget later, `cropped_thinned` are those of `thinned`.
    """

    ACCEPTED = "accepted"
    REJECTED = "rejected"
    SKIPPED = "skipped"
    STORED = "stored"
    DUPLICATES = "duplicates"
    THINNED = "thinned"
    CROPPED = "cropped"
    CROPPED_THINNED = "cropped_thinned"


@dataclass(frozen=True, slots=True, order=True)
class BookLine:
    day: date
    project_id: int
    account: str
    reason: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Totals:
    """received = accepted + rejected + skipped; accepted = stored + duplicates + pending.

    `pending` is what waits in the inbox; what waits in a spool is not accepted in these books yet.
    """

    accepted: int
    stored: int
    duplicates: int
    pending: int
    skipped: int
    thinned: int
    rejected: Mapping[str, int]

    @property
    def received(self) -> int:
        return self.accepted + sum(self.rejected.values()) + self.skipped

    @property
    def missing(self) -> int:
        """Accepted, but nowhere to be found. Anything but 0 is a fault."""
        return self.accepted - self.stored - self.duplicates - self.pending


# For any cursor of psycopg, synchronous or not: `cursor.execute(SQL, parameters(lines, writer))`.
SQL: Final = """
    INSERT INTO book_entries (day, project_id, account, reason, writer, count)
    SELECT day, project_id, account, reason, %s::smallint, count
    FROM unnest(%s::date[], %s::bigint[], %s::text[], %s::text[], %s::bigint[])
        AS line (day, project_id, account, reason, count)
    ON CONFLICT (day, project_id, account, reason, writer)
    DO UPDATE SET count = book_entries.count + excluded.count
"""


def parameters(lines: Iterable[BookLine], writer: int) -> Sequence[Any]:
    """One row for each key, in one order for everybody, so that two batches cannot deadlock."""
    summed: Counter[tuple[date, int, str, str]] = Counter()
    for line in lines:
        summed[line.day, line.project_id, line.account, line.reason] += line.count
    keys = sorted(key for key, count in summed.items() if count)
    columns = [list(column) for column in zip(*keys, strict=True)] or [[], [], [], []]
    return [writer, *columns, [summed[key] for key in keys]]


def post(session: Session, lines: Iterable[BookLine], writer: int) -> None:
    """`writer` is a small number of this process: others count in rows of their own."""
    driver_connection(session).execute(SQL, parameters(lines, writer))


_TOTALS = text("""
    SELECT account, reason, sum(count)::bigint FROM book_entries
    WHERE CAST(:project_id AS bigint) IS NULL OR project_id = :project_id
    GROUP BY account, reason
    UNION ALL
    SELECT 'pending', '', count(*) FROM inbox
    WHERE CAST(:project_id AS bigint) IS NULL OR project_id = :project_id
""")


def totals(session: Session, project_id: int | None = None) -> Totals:
    """Books and inbox in one statement, hence as of one moment."""
    rows = session.execute(_TOTALS, {"project_id": project_id})
    found = {(account, reason): count for account, reason, count in rows}
    rejected = {
        reason: count for (account, reason), count in found.items() if account == Account.REJECTED
    }
    plain: Counter[str] = Counter()
    for (account, _reason), count in found.items():
        plain[account] += count
    return Totals(
        accepted=plain[Account.ACCEPTED],
        stored=plain[Account.STORED],
        duplicates=plain[Account.DUPLICATES],
        pending=plain["pending"],
        skipped=plain[Account.SKIPPED],
        thinned=plain[Account.THINNED],
        rejected=dict(sorted(rejected.items())),
    )
