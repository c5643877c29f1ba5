"""Stored events of a project, grouped by the rules that hold and by proposed ones."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.analysis import Knowledge, RuleSet, analyse
from core.analysis.result import Analysis
from core.grouping import rulebook
from core.store.payloads import PayloadError, Payloads

ISSUES_AT_ONCE: Final = 20
EVENTS_OF_ISSUE: Final = 100
_NEVER: Final = datetime(9999, 1, 1, tzinfo=UTC)

# Issues seen last come first. An issue's events are those of all that were merged into it.
_ISSUES: Final = text("""
    SELECT id, title, status, last_seen FROM issues
    WHERE project_id = :project AND merged_into IS NULL AND last_seen >= :since
      AND (last_seen, id) < (:last_seen, :last_id)
    ORDER BY last_seen DESC, id DESC LIMIT :limit
""")
_EVENTS: Final = text("""
    WITH RECURSIVE family (root, id) AS (
        SELECT id, id FROM issues WHERE id = ANY(:issues)
        UNION
        SELECT family.root, issues.id FROM issues JOIN family ON issues.merged_into = family.id
    )
    SELECT family.root, newest.event_id, newest.dictionary_id, newest.payload
    FROM family CROSS JOIN LATERAL (
        SELECT event_id, dictionary_id, payload FROM events
        WHERE issue_id = family.id AND received_at >= :since AND payload IS NOT NULL
        ORDER BY received_at DESC LIMIT :each
    ) AS newest ORDER BY family.root
""")


class Scope(NamedTuple):
    """Events since then, so many at most."""

    project_id: int
    since: datetime
    limit: int


class Regrouped(NamedTuple):
    """One event under both sets of rules."""

    issue_id: int
    event_id: str
    before: Analysis
    after: Analysis


class StoredEvents:
    """Reads issue by issue, those seen last first, and stops at the limit.

    `issues` and `looked` count what was read so far.
    """

    def __init__(
        self, session: Session, scope: Scope, knowledge: Knowledge, proposed: RuleSet
    ) -> None:
        self._session = session
        self._scope = scope
        self._knowledge = knowledge
        self._current = rulebook.rules(session, scope.project_id)
        self._proposed = proposed
        self._payloads = Payloads()
        self.titles: dict[int, str] = {}
        self.issues = self.looked = 0
        self.complete = True

    def events(self) -> Iterator[Regrouped]:
        for issue_id, event_id, document in self._documents():
            event = document.get("event") or {}
            yield Regrouped(
                issue_id,
                event_id,
                analyse(event, self._knowledge, self._current),
                analyse(event, self._knowledge, self._proposed),
            )

    def _documents(self) -> Iterator[tuple[int, str, Mapping[str, Any]]]:
        for issue_ids in self._pages():
            values = {
                "issues": issue_ids,
                "since": self._scope.since,
                "each": min(EVENTS_OF_ISSUE, self._scope.limit),
            }
            self.issues += len(issue_ids)
            for issue_id, event_id, dictionary, payload in self._session.execute(_EVENTS, values):
                if self.looked >= self._scope.limit:
                    self.complete = False
                    return
                try:
                    document = self._payloads.unpack(self._session, payload, dictionary)
                except PayloadError:
                    continue
                self.looked += 1
                yield issue_id, event_id.hex, document

    def _pages(self) -> Iterator[list[int]]:
        last: dict[str, Any] = {"last_seen": _NEVER, "last_id": 2**62}
        while True:
            values = {
                "project": self._scope.project_id,
                "since": self._scope.since,
                "limit": ISSUES_AT_ONCE,
                **last,
            }
            rows = self._session.execute(_ISSUES, values).all()
            if not rows:
                return
            self.titles |= {row.id: row.title for row in rows}
            yield [row.id for row in rows]
            last = {"last_seen": rows[-1].last_seen, "last_id": rows[-1].id}
