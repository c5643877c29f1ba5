"""Whom and what the events of a batch touched, counted by issue in one statement.

1. Release, environment and component are counted by issue; of all three together it is noted
   when the project first and last saw them.
2. Users and traces leave their keyed hash, so that they can be counted and compared, not named.
   Hashes above an issue's limit are left out; those that were there a moment ago are not touched.
3. Of the traces of an issue only those with the lowest hashes stay, the same for all issues.

The issues are locked, and sightings are written in their order: no batches wait in a circle.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from hashlib import blake2b
from heapq import nsmallest
from typing import Any, Final

import psycopg

from core.digest.bookkeeping import Pairs
from core.digest.event import Digested
from core.intake.secrets import FILTERED
from core.model.insight import Facet, Visitor

LONGEST: Final = 200
_USER: Final = Visitor.USER.value
_TRACE: Final = Visitor.TRACE.value
# Traces of one issue in one batch.
TRACES: Final = 4
# What tells users apart, surest first.
_NAMES: Final = ("id", "email", "username", "ip_address")
_NOBODY: Final = frozenset({"", FILTERED, "{{auto}}", "None", "null", "undefined"})

_COUNT: Final = """
    WITH counted AS (
        INSERT INTO issue_facets AS kept (
            issue_id, kind, value, project_id, events, first_seen, last_seen
        )
        SELECT * FROM unnest(
            %s::bigint[], %s::smallint[], %s::text[], %s::bigint[], %s::bigint[],
            %s::timestamptz[], %s::timestamptz[]
        )
        ON CONFLICT (issue_id, kind, value) DO UPDATE SET
            events = kept.events + excluded.events,
            first_seen = least(kept.first_seen, excluded.first_seen),
            last_seen = greatest(kept.last_seen, excluded.last_seen)
    ), noted AS (
        INSERT INTO issue_visitors AS kept (project_id, kind, issue_id, hash, seen_at)
        SELECT met.project_id, met.kind, met.issue_id, mark, met.seen
        FROM unnest(%s::bigint[], %s::smallint[], %s::bigint[], %s::timestamptz[], %s::text[])
            AS met (project_id, kind, issue_id, seen, hashes)
        CROSS JOIN LATERAL unnest(met.hashes::bigint[]) AS mark
        LEFT JOIN visitor_limits AS allowed USING (project_id, kind, issue_id)
        WHERE mark < coalesce(allowed.below, 9223372036854775807)
          AND NOT EXISTS (
            SELECT FROM issue_visitors AS known
            WHERE known.project_id = met.project_id AND known.kind = met.kind
              AND known.issue_id = met.issue_id AND known.hash = mark
              AND known.seen_at > met.seen - interval '5 minutes'
          )
        ON CONFLICT (project_id, kind, issue_id, hash) DO UPDATE SET
            seen_at = greatest(kept.seen_at, excluded.seen_at)
    )
    INSERT INTO sightings AS kept (
        project_id, release, environment, component, first_seen, last_seen
    )
    SELECT fresh.* FROM unnest(
        %s::bigint[], %s::text[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[]
    ) AS fresh (project_id, release, environment, component, first_seen, last_seen)
    WHERE NOT EXISTS (
        SELECT FROM sightings AS known
        WHERE known.project_id = fresh.project_id AND known.release = fresh.release
          AND known.environment = fresh.environment AND known.component = fresh.component
          AND known.first_seen <= fresh.first_seen
          AND known.last_seen > fresh.last_seen - interval '1 minute'
    )
    ON CONFLICT (project_id, release, environment, component) DO UPDATE SET
        first_seen = least(kept.first_seen, excluded.first_seen),
        last_seen = greatest(kept.last_seen, excluded.last_seen)
"""


@dataclass(slots=True)
class Seen:
    """How often and when."""

    events: int
    first: datetime
    last: datetime

    def add(self, other: "Seen") -> None:
        self.events += other.events
        self.first = min(self.first, other.first)
        self.last = max(self.last, other.last)


Place = tuple[int, str | None, str | None, str | None]
FacetKey = tuple[int, int, str]
SightingKey = tuple[int, str, str, str]


def user(event: Mapping[str, Any]) -> str | None:
    """Who met the failure, by the surest name that the client gave."""
    found = event.get("user")
    if not isinstance(found, dict):
        return None
    for name in _NAMES:
        value = found.get(name)
        if value is not None and not isinstance(value, dict | list):
            text = str(value)[:LONGEST]
            if text not in _NOBODY:
                return f"{name}:{text}"
    return None


def trace(event: Mapping[str, Any]) -> str | None:
    """The trace of distributed tracing that the failure happened in."""
    contexts = event.get("contexts")
    found = contexts.get("trace") if isinstance(contexts, dict) else None
    value = found.get("trace_id") if isinstance(found, dict) else None
    return value[:LONGEST].lower() if isinstance(value, str) and value.strip("0- ") else None


def count(connection: psycopg.Connection[Any], pairs: Pairs, *, seal: bytes) -> None:
    """`seal`: the key of the hashes."""
    projects: dict[int, int] = {}
    places: dict[Place, Seen] = {}
    for issue_id, event in pairs:
        projects[issue_id] = event.project_id
        _see(places, issue_id, event)
    parameters = (
        *_facets(places, projects),
        *_visitors(pairs, seal),
        *_sightings(places, projects),
    )
    connection.execute(_COUNT, parameters)


def _see(places: dict[Place, Seen], issue_id: int, event: Digested) -> None:
    place = (issue_id, event.release, event.environment, event.component)
    at, known = event.timestamp, places.get(place)
    if known is None:
        places[place] = Seen(1, at, at)
        return
    known.events += 1
    if at < known.first:
        known.first = at
    elif at > known.last:
        known.last = at


def _facets(places: Mapping[Place, Seen], projects: Mapping[int, int]) -> list[list[Any]]:
    found: dict[FacetKey, Seen] = {}
    for (issue_id, *values), seen in places.items():
        for kind, value in zip(Facet, values, strict=True):
            if value:
                _add(found, (issue_id, kind.value, value), seen)
    rows = [
        (*key, projects[key[0]], seen.events, seen.first, seen.last)
        for key, seen in sorted(found.items(), key=_first)
    ]
    return _columns(rows, 7)


def _sightings(places: Mapping[Place, Seen], projects: Mapping[int, int]) -> list[list[Any]]:
    found: dict[SightingKey, Seen] = {}
    for (issue_id, release, environment, component), seen in places.items():
        key = (projects[issue_id], release or "", environment or "", component or "")
        _add(found, key, seen)
    rows = [(*key, seen.first, seen.last) for key, seen in sorted(found.items(), key=_first)]
    return _columns(rows, 6)


def _add(found: dict[Any, Seen], key: Any, seen: Seen) -> None:
    known = found.get(key)
    if known is None:
        found[key] = Seen(seen.events, seen.first, seen.last)
    else:
        known.add(seen)


def _first(item: tuple[Any, Any]) -> Any:
    return item[0]


def _visitors(pairs: Pairs, seal: bytes) -> list[list[Any]]:
    """The users and the few traces of each issue, and when the last of its events came."""
    met: dict[tuple[int, int, int], set[int]] = {}
    seen: dict[int, datetime] = {}
    hashed = partial(hash_of, seal=seal)
    for issue_id, event in pairs:
        project_id = event.project_id
        if issue_id not in seen or seen[issue_id] < event.received_at:
            seen[issue_id] = event.received_at
        if event.user is not None:
            key = (project_id, _USER, issue_id)
            met.setdefault(key, set()).add(hashed(project_id, event.user))
        if event.trace is not None:
            key = (project_id, _TRACE, issue_id)
            met.setdefault(key, set()).add(hashed(project_id, event.trace))
    rows = [
        (*key, seen[key[2]], _array(nsmallest(TRACES, hashes) if key[1] == _TRACE else hashes))
        for key, hashes in sorted(met.items(), key=_first)
    ]
    return _columns(rows, 5)


def _array(numbers: Iterable[int]) -> str:
    """As PostgreSQL writes an array; many times faster than a parameter for each number."""
    return f"{{{','.join(map(str, numbers))}}}"


def hash_of(project_id: int, name: str, *, seal: bytes) -> int:
    """63 bits that tell nothing without the key, and other ones in each project."""
    salt = project_id.to_bytes(8)
    digest = blake2b(name.encode("utf-8", "replace"), digest_size=8, key=seal, salt=salt)
    return int.from_bytes(digest.digest()) >> 1


def _columns(rows: list[tuple[Any, ...]], width: int) -> list[list[Any]]:
    return [list(column) for column in zip(*rows, strict=True)] or [[] for _ in range(width)]
