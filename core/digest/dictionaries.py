"""When a project gets a new payload dictionary, and what it is trained on.

The first is due after 100 stored events, each further one after 30 times as many: the early ones
help at once, the later ones know more of the application, and there are never many.
"""

from collections import Counter
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import psycopg
import structlog
from sqlalchemy import text
from sqlalchemy.orm import Session

from core.store.engine import driver_connection
from core.store.payloads import PayloadError, Payloads, train
from core.store.work import WorkOrder

TASK: Final = "analysis.train_dictionary"
QUEUE: Final = "maintenance"
PRIORITY: Final = 6
FIRST: Final = 100
GROWTH: Final = 30
CHECK_EVERY: Final = 100
SAMPLED_ISSUES: Final = 200
SAMPLES_OF_ISSUE: Final = 10
SAMPLED_BYTES: Final = 16 * 2**20
SAMPLED_DAYS: Final = timedelta(days=7)

_CURRENT: Final = """
    SELECT projects.id, newest.id, coalesce(newest.version, 0) FROM projects
    LEFT JOIN LATERAL (
        SELECT id, version FROM payload_dictionaries
        WHERE project_id = projects.id ORDER BY version DESC LIMIT 1
    ) AS newest ON true
    WHERE projects.id = ANY(%s)
"""
_STORED: Final = """
    SELECT project_id, sum(count)::bigint FROM book_entries
    WHERE project_id = ANY(%s) AND account = 'stored' GROUP BY project_id
"""
# The most frequent issues first, the newest events of each.
_SAMPLES: Final = text("""
    SELECT issue.id, sample.payload, sample.dictionary_id
    FROM (
        SELECT id, event_count FROM issues WHERE project_id = :project_id
        ORDER BY event_count DESC, id LIMIT :issues
    ) AS issue
    CROSS JOIN LATERAL (
        SELECT payload, dictionary_id, received_at FROM events
        WHERE issue_id = issue.id AND received_at >= :since AND payload IS NOT NULL
        ORDER BY received_at DESC LIMIT :each
    ) AS sample
    ORDER BY issue.event_count DESC, issue.id, sample.received_at DESC
""")
_INSERT: Final = text("""
    INSERT INTO payload_dictionaries (project_id, version, sample_count, data, created_at)
    VALUES (:project_id, :version, :sample_count, :data, :now)
    ON CONFLICT (project_id, version) DO NOTHING RETURNING id
""")

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Current:
    """A project's newest dictionary; version 0 is none."""

    dictionary_id: int | None
    version: int


def order(project_id: int) -> WorkOrder:
    """The work of training a project's next dictionary; one at a time."""
    return WorkOrder(
        task=TASK,
        arguments={"project_id": project_id},
        queue=QUEUE,
        priority=PRIORITY,
        unique_key=f"dictionary:{project_id}",
        max_attempts=3,
        lease_seconds=120,
    )


def due(stored: int, version: int) -> bool:
    """Whether a project with so many stored events needs the dictionary after `version`."""
    return stored >= FIRST * int(GROWTH**version)


def current(
    connection: psycopg.Connection[Any], project_ids: Collection[int]
) -> dict[int, Current]:
    """Of those projects that exist."""
    rows = connection.execute(_CURRENT, [list(project_ids)])
    return {project: Current(dictionary, version) for project, dictionary, version in rows}


class Watch:
    """Looks now and then whether a project's next dictionary is due; one a worker."""

    def __init__(self) -> None:
        self._since: Counter[int] = Counter()

    def check(
        self,
        connection: psycopg.Connection[Any],
        stored: Counter[int],
        known: dict[int, Current],
    ) -> list[int]:
        """The projects that need one, after `stored` more events of each. At first sight, too."""
        asked = []
        for project_id, count in stored.items():
            first_sight = project_id not in self._since
            self._since[project_id] += count
            if first_sight or self._since[project_id] >= CHECK_EVERY:
                self._since[project_id] = 0
                asked.append(project_id)
        if not asked:
            return []
        totals = dict(connection.execute(_STORED, [asked]).fetchall())
        return sorted(p for p in asked if due(totals.get(p, 0), known[p].version))


@dataclass(frozen=True, slots=True)
class Trained:
    """`dictionary_id` is none where none was due, or there was nothing to learn from."""

    project_id: int
    dictionary_id: int | None = None
    version: int | None = None
    samples: int = 0
    size: int = 0


def train_next(session: Session, project_id: int, *, payloads: Payloads, now: datetime) -> Trained:
    """Trains the dictionary that is due, if one still is."""
    connection = driver_connection(session)
    found = current(connection, [project_id]).get(project_id)
    stored = dict(connection.execute(_STORED, [[project_id]]).fetchall()).get(project_id, 0)
    if found is None or not due(stored, found.version):
        return Trained(project_id)
    samples, examples = _samples(session, project_id, payloads=payloads, now=now)
    if not examples:
        return Trained(project_id)
    data = train(samples, examples)
    values = {
        "project_id": project_id,
        "version": found.version + 1,
        "sample_count": len(samples),
        "data": data,
        "now": now,
    }
    made = session.execute(_INSERT, values).scalar()
    size = len(data)
    log.info("dictionary.trained", project_id=project_id, version=found.version + 1, size=size)
    return Trained(project_id, made, found.version + 1, len(samples), size)


def _samples(
    session: Session, project_id: int, *, payloads: Payloads, now: datetime
) -> tuple[list[bytes], list[bytes]]:
    """Documents of many events, and one of each issue, the most frequent first."""
    values = {
        "project_id": project_id,
        "issues": SAMPLED_ISSUES,
        "each": SAMPLES_OF_ISSUE,
        "since": now - SAMPLED_DAYS,
    }
    samples: list[bytes] = []
    examples: dict[int, bytes] = {}
    size = 0
    for issue_id, payload, dictionary_id in session.execute(_SAMPLES, values).all():
        try:
            document = payloads.raw(session, payload, dictionary_id)
        except PayloadError as error:
            log.warning("dictionary.payload_skipped", issue_id=issue_id, error=str(error))
            continue
        size += len(document)
        if size > SAMPLED_BYTES:
            break
        samples.append(document)
        examples.setdefault(issue_id, document)
    return samples, list(examples.values())
