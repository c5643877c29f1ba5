"""The events of a file, written as digestion writes them: ids first, then rows by COPY."""

import uuid
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any, Final, LiteralString

import orjson
from psycopg.types.json import Jsonb
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.maintenance.exchange.format import DamagedExportError
from core.maintenance.exchange.kinds import EVENT_COLUMNS
from core.store.engine import driver_connection
from core.store.payloads import Payloads, train

FIELDS: Final = frozenset((*EVENT_COLUMNS, "document"))
# The first events teach a dictionary, by which all of them are packed.
TAUGHT: Final = 2_000
TAUGHT_BYTES: Final = 16 * 2**20
LEAST_TAUGHT: Final = 100
_IDS: Final[LiteralString] = """
    INSERT INTO event_ids (event_id, project_id, received_at)
    SELECT id, %s, at FROM unnest(%s::uuid[], %s::timestamptz[]) AS given (id, at)
"""
_COPY: Final[LiteralString] = """
    COPY events (event_id, project_id, issue_id, received_at, timestamp, level, category, family,
        kind, code, proposal, transient, severity, component, release, environment, thinned,
        dictionary_id, payload) FROM STDIN
"""
_NEW_IDS: Final[LiteralString] = """
    SELECT old, new FROM imported_issues WHERE old = ANY(%s)
"""
_DICTIONARY: Final = text("""
    INSERT INTO payload_dictionaries (project_id, version, sample_count, data, created_at)
    VALUES (:project_id, 1, :sample_count, :data, :now) RETURNING id
""")

Row = Mapping[str, Any]


class Events:
    """Inside the import's transaction. `stored` and `thinned` are counted by day."""

    def __init__(self, session: Session, project_id: int, *, now: datetime) -> None:
        self._session = session
        self._project_id = project_id
        self._now = now
        self._payloads = Payloads()
        self._dictionary: int | None = None
        self._first: list[Row] | None = []
        self._size = 0
        self.stored: Counter[date] = Counter()
        self.thinned: Counter[date] = Counter()

    def add(self, rows: Sequence[Row]) -> None:
        if any(row.keys() != FIELDS for row in rows):
            raise DamagedExportError(
                "An event has other fields than it should; nothing was imported."
            )
        if self._first is None:
            self._write(rows)
            return
        self._first += rows
        self._size += sum(len(_packed(row["document"])) for row in rows)
        if len(self._first) >= TAUGHT or self._size >= TAUGHT_BYTES:
            self.finish()

    def finish(self) -> None:
        """What was held back to learn from is written."""
        if self._first is not None:
            held, self._first = self._first, None
            self._learn(held)
            self._write(held)

    def _learn(self, rows: Sequence[Row]) -> None:
        whole = [row for row in rows if row["document"] is not None]
        if len(whole) < LEAST_TAUGHT:
            return
        often = Counter(row["issue_id"] for row in whole)
        examples = {row["issue_id"]: _packed(row["document"]) for row in reversed(whole)}
        data = train(
            [_packed(row["document"]) for row in whole],
            [examples[issue] for issue, _ in often.most_common()],
        )
        values = {
            "project_id": self._project_id,
            "sample_count": len(whole),
            "data": data,
            "now": self._now,
        }
        self._dictionary = self._session.execute(_DICTIONARY, values).scalar_one()

    def _write(self, rows: Sequence[Row]) -> None:
        if not rows:
            return
        connection = driver_connection(self._session)
        issues = dict(
            connection.execute(_NEW_IDS, [list({row["issue_id"] for row in rows})]).fetchall()
        )
        if any(row["issue_id"] not in issues for row in rows):
            raise DamagedExportError(
                "An event is of an issue that is not in the file; nothing was imported."
            )
        moments = [datetime.fromisoformat(row["received_at"]) for row in rows]
        ids = [uuid.UUID(row["event_id"]) for row in rows]
        connection.execute(_IDS, [self._project_id, ids, moments])
        # Packed before the COPY begins: nothing can be asked in between.
        packed = [self._values(row, issues[row["issue_id"]]) for row in rows]
        with connection.cursor().copy(_COPY) as copying:
            for values in packed:
                copying.write_row(values)
        for row, moment in zip(rows, moments, strict=True):
            self._count(row, moment)

    def _values(self, row: Row, issue_id: int) -> tuple[Any, ...]:
        plain = ("timestamp", "level", "category", "family", "kind", "code")
        rest = ("transient", "severity", "component", "release", "environment", "thinned")
        payload = self._payload(row["document"])
        return (
            row["event_id"],
            self._project_id,
            issue_id,
            row["received_at"],
            *(row[name] for name in plain),
            None if row["proposal"] is None else Jsonb(row["proposal"]),
            *(row[name] for name in rest),
            None if payload is None else self._dictionary,
            payload,
        )

    def _payload(self, document: Any) -> bytes | None:
        if document is None:
            return None
        return self._payloads.pack(self._session, _packed(document), self._dictionary)

    def _count(self, row: Row, moment: datetime) -> None:
        day = moment.astimezone(UTC).date()
        self.stored[day] += 1
        self.thinned[day] += bool(row["thinned"])


def _packed(document: Any) -> bytes:
    return b"" if document is None else orjson.dumps(document)
