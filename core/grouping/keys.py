"""The rows behind issue keys: which are to be carried over, what they were given to, where they
lead.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final, NamedTuple

import psycopg

from core.errors import DatabaseConflictError

Connection = psycopg.Connection[Any]

# Any number serves, as long as every version of Mendline takes the same one.
LOCK: Final = 0x47524F55

_LOCK: Final = "SELECT pg_advisory_xact_lock(%s)"
_WAITING: Final = "SELECT count(*) FROM issue_fingerprints WHERE carried_version < %s"
_ISSUES: Final = """
    SELECT DISTINCT issue_id FROM issue_fingerprints
    WHERE carried_version < %s AND issue_id > %s ORDER BY issue_id LIMIT %s
"""
_KEYS: Final = """
    SELECT project_id, issue_key, issue_id, rule, example FROM issue_fingerprints
    WHERE issue_id = ANY(%s) AND carried_version < %s
    ORDER BY issue_id, created_at, issue_key FOR UPDATE
"""
# Merged issues keep their events; their keys lead to the one that took them over.
_EVENTS: Final = """
    WITH RECURSIVE family (id, project_id) AS (
        SELECT id, project_id FROM issues WHERE id = ANY(%s)
        UNION
        SELECT issues.id, issues.project_id
        FROM issues JOIN family ON issues.merged_into = family.id
    )
    SELECT family.project_id, newest.dictionary_id, newest.payload FROM family CROSS JOIN LATERAL (
        SELECT dictionary_id, payload FROM events
        WHERE issue_id = family.id AND payload IS NOT NULL ORDER BY received_at DESC LIMIT %s
    ) AS newest ORDER BY family.id
"""
_LEADS: Final = """
    SELECT wanted.project_id, wanted.issue_key, issue_id
    FROM unnest(%s::bigint[], %s::text[]) AS wanted (project_id, issue_key)
    JOIN issue_fingerprints USING (project_id, issue_key)
"""
_VERSIONS: Final = """
    SELECT asked.project_id, asked.version
    FROM (
        SELECT * FROM unnest(%s::bigint[]) AS project_id
        CROSS JOIN unnest(%s::smallint[]) AS version
    ) AS asked
    WHERE EXISTS (
        SELECT 1 FROM issue_fingerprints AS known
        WHERE known.project_id = asked.project_id AND known.grouping_version = asked.version
    )
"""
_ADD: Final = """
    INSERT INTO issue_fingerprints (
        project_id, issue_key, issue_id, mechanism, rule, example, carried_from, grouping_version,
        carried_version, created_at
    )
    SELECT fresh.*, %s, %s, %s FROM unnest(
        %s::bigint[], %s::text[], %s::bigint[], %s::text[], %s::text[], %s::bytea[], %s::text[]
    ) AS fresh
    ON CONFLICT DO NOTHING RETURNING project_id, issue_key
"""
_MERGED: Final = "SELECT id FROM issues WHERE id = ANY(%s) AND merged_into IS NOT NULL LIMIT 1"
_ALONG: Final = """
    WITH added AS (
        SELECT merged.id, array_agg(DISTINCT fresh.issue_key) AS issue_keys
        FROM unnest(%s::bigint[], %s::text[], %s::text[])
            AS fresh (project_id, carried_from, issue_key)
        JOIN issue_merges AS merged
            ON merged.undone_at IS NULL AND fresh.carried_from = ANY(merged.issue_keys)
        JOIN issues AS source ON source.id = merged.source_id
            AND source.project_id = fresh.project_id
        GROUP BY merged.id
    )
    UPDATE issue_merges SET issue_keys = issue_merges.issue_keys || added.issue_keys
    FROM added WHERE issue_merges.id = added.id
"""
_DONE: Final = """
    UPDATE issue_fingerprints SET carried_version = %s
    WHERE issue_id = ANY(%s) AND carried_version < %s
"""


class Key(NamedTuple):
    project_id: int
    issue_key: str


class OldKey(NamedTuple):
    """`rule` made the key, where one did; `example` is packed."""

    key: Key
    issue_id: int
    rule: str | None
    example: bytes | None


class NewKey(NamedTuple):
    """What the newer algorithm makes of an event whose key was `old`."""

    key: Key
    issue_id: int
    mechanism: str
    rule: str | None
    example: bytes | None
    old: str


class Stored(NamedTuple):
    """The payload of an event."""

    project_id: int
    dictionary_id: int | None
    payload: bytes


def wait_for_turn(connection: Connection) -> None:
    connection.execute(_LOCK, [LOCK])


def waiting(connection: Connection, version: int) -> int:
    """How many keys are not carried over to this version."""
    row = connection.execute(_WAITING, [version]).fetchone()
    return int(row[0]) if row else 0


def issues(connection: Connection, version: int, *, after: int, limit: int) -> list[int]:
    """Issues with such keys, older ones first."""
    return [row[0] for row in connection.execute(_ISSUES, [version, after, limit])]


def old(connection: Connection, issue_ids: Sequence[int], version: int) -> list[OldKey]:
    rows = connection.execute(_KEYS, [list(issue_ids), version])
    return [OldKey(Key(project_id, key), *rest) for project_id, key, *rest in rows]


def newest_events(connection: Connection, issue_ids: Sequence[int], each: int) -> list[Stored]:
    """Of these issues and of all that were merged into them; older issues first."""
    return [Stored(*row) for row in connection.execute(_EVENTS, [list(issue_ids), each])]


def leads(connection: Connection, wanted: Collection[Key]) -> Mapping[Key, int]:
    values = [[key.project_id for key in wanted], [key.issue_key for key in wanted]]
    rows = connection.execute(_LEADS, values) if wanted else ()
    return {Key(project_id, issue_key): issue_id for project_id, issue_key, issue_id in rows}


def versions(
    connection: Connection, project_ids: Collection[int], asked: Collection[int]
) -> set[tuple[int, int]]:
    """Which projects have keys of which of these versions."""
    rows = connection.execute(_VERSIONS, [list(project_ids), list(asked)])
    return {(project_id, version) for project_id, version in rows}


def add(
    connection: Connection, fresh: Sequence[NewKey], *, version: int, now: datetime
) -> set[Key]:
    """Those that were not there before. They go along where a merge of the old one is undone.

    A key never leads to a merged issue: who was merged since the lead was looked up is a conflict,
    and from now until the commit nobody is, for the keys hold their issues.
    """
    if not fresh:
        return set()
    rows = [(*each.key, *each[1:]) for each in sorted(fresh)]
    columns = list(map(list, zip(*rows, strict=True)))
    added = {Key(*row) for row in connection.execute(_ADD, [version, version, now, *columns])}
    if connection.execute(_MERGED, [[each.issue_id for each in fresh]]).fetchone():
        raise DatabaseConflictError("An issue was merged while keys were found for it.")
    _along(connection, [each for each in fresh if each.key in added])
    return added


def _along(connection: Connection, fresh: Iterable[NewKey]) -> None:
    rows = [(each.key.project_id, each.old, each.key.issue_key) for each in fresh]
    if rows:
        connection.execute(_ALONG, list(map(list, zip(*rows, strict=True))))


def done(connection: Connection, issue_ids: Sequence[int], version: int) -> None:
    connection.execute(_DONE, [version, list(issue_ids), version])
