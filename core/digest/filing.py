"""Files each event under its issue: keys that are known lead there, new ones make one.

Two workers that meet the same new failure at the same time both insert its key, in one order of
keys; the second waits for the first and then finds its issue. The key points to the issue before
that exists, which the foreign key only minds at the end of the statement.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import psycopg

from core.digest import inheriting
from core.digest.event import Digested, Key
from core.digest.inheriting import Ancestry
from core.errors import DatabaseConflictError
from core.grouping import keys
from core.issues.states import Status

_FIND: Final = """
    SELECT wanted.project_id, wanted.issue_key, issue_id
    FROM unnest(%s::bigint[], %s::text[]) AS wanted (project_id, issue_key)
    JOIN issue_fingerprints USING (project_id, issue_key)
"""
_CREATE: Final = """
    WITH candidate AS MATERIALIZED (
        SELECT nextval(pg_get_serial_sequence('issues', 'id')) AS id, fresh.*
        FROM unnest(
            %(project_id)s::bigint[], %(issue_key)s::text[], %(mechanism)s::text[],
            %(title)s::text[], %(culprit)s::text[], %(level)s::text[], %(category)s::text[],
            %(family)s::text[], %(kind)s::text[], %(transient)s::boolean[], %(severity)s::text[],
            %(component)s::text[], %(release)s::text[], %(seen)s::timestamptz[],
            %(status)s::text[], %(reason)s::text[], %(rule)s::text[], %(example)s::bytea[]
        ) AS fresh (
            project_id, issue_key, mechanism, title, culprit, level, category, family, kind,
            transient, severity, component, release, seen, status, reason, rule, example
        )
    ), taken AS (
        INSERT INTO issue_fingerprints (
            project_id, issue_key, issue_id, mechanism, grouping_version, carried_version,
            created_at, rule, example
        )
        SELECT project_id, issue_key, id, mechanism, %(version)s, %(version)s, %(now)s, rule,
            example
        FROM candidate
        ON CONFLICT DO NOTHING
        RETURNING issue_id
    ), made AS (
        INSERT INTO issues (
            id, project_id, title, culprit, level, category, family, kind, transient, severity,
            component, status, status_changed_at, first_seen, last_seen, first_release,
            last_release, event_count
        )
        SELECT id, project_id, title, culprit, level, category, family, kind, transient, severity,
            component, status, %(now)s, seen, seen, release, release, 0
        FROM candidate JOIN taken ON issue_id = id
    ), noted AS (
        INSERT INTO issue_transitions (issue_id, old, new, reason, actor, at)
        SELECT id, NULL, status, reason, 'digest', %(now)s
        FROM candidate JOIN taken ON issue_id = id
    )
    SELECT project_id, issue_key, id FROM candidate JOIN taken ON issue_id = id
"""

Connection = psycopg.Connection[Any]


@dataclass(frozen=True, slots=True)
class Filed:
    """The issue of each key; `created` are the issues that are new, but for those to be ignored."""

    issues: Mapping[Key, int]
    created: frozenset[int]


@dataclass(frozen=True, slots=True)
class Filing:
    """How new keys are kept: of which grouping version, since when, with what as their example,
    and which older ways of grouping may know their issue.
    """

    version: int
    now: datetime
    example: Callable[[Digested], bytes | None]
    ancestry: Ancestry | None = None


def file(connection: Connection, events: Iterable[Digested], how: Filing) -> Filed:
    events = list(events)
    firsts: dict[Key, Digested] = {}
    for event in events:
        firsts.setdefault(event.key, event)
    issues = _find(connection, firsts.keys())
    if firsts.keys() - issues.keys():
        unknown = [event for event in events if event.key not in issues]
        issues |= _inherit(connection, unknown, how)
    missing = sorted(firsts.keys() - issues.keys())
    created = _create(connection, [firsts[key] for key in missing], how) if missing else {}
    issues |= created
    raced = firsts.keys() - issues.keys()
    if raced:
        issues |= _find(connection, raced)
    if firsts.keys() - issues.keys():
        raise DatabaseConflictError("An issue went away while events were filed under it.")
    heard = (number for key, number in created.items() if _is_heard(firsts[key]))
    return Filed(issues, frozenset(heard))


def _find(connection: Connection, wanted: Collection[Key]) -> dict[Key, int]:
    projects = [key.project_id for key in wanted]
    rows = connection.execute(_FIND, [projects, [key.issue_key for key in wanted]])
    return {Key(project_id, issue_key): issue_id for project_id, issue_key, issue_id in rows}


def _inherit(connection: Connection, unknown: list[Digested], how: Filing) -> dict[Key, int]:
    """Keys that older ones lead somewhere for, now that they lead there, too."""
    heirs = inheriting.heirs(connection, unknown, how.ancestry) if how.ancestry else ()
    fresh = [inheriting.new_key(heir, how.example(heir.event)) for heir in heirs]
    if not fresh:
        return {}
    keys.add(connection, fresh, version=how.version, now=how.now)
    return _find(connection, [Key(*each.key) for each in fresh])


def _create(connection: Connection, firsts: list[Digested], how: Filing) -> dict[Key, int]:
    """`firsts`: the first event of each new key, in the order of the keys."""
    values = {
        "project_id": [event.project_id for event in firsts],
        "level": [event.level for event in firsts],
        "component": [event.component for event in firsts],
        "release": [event.release for event in firsts],
        "seen": [event.timestamp for event in firsts],
        **_grouping(firsts),
        **_classification(firsts),
        **_beginning(firsts),
        "example": [how.example(event) for event in firsts],
        "version": how.version,
        "now": how.now,
    }
    rows = connection.execute(_CREATE, values)
    return {Key(project_id, issue_key): issue_id for project_id, issue_key, issue_id in rows}


def _grouping(firsts: list[Digested]) -> dict[str, list[str]]:
    groupings = [event.analysis.grouping for event in firsts]
    return {
        "issue_key": [grouping.issue_key for grouping in groupings],
        "mechanism": [str(grouping.mechanism) for grouping in groupings],
        "title": [grouping.title for grouping in groupings],
        "culprit": [grouping.culprit for grouping in groupings],
    }


def _beginning(firsts: list[Digested]) -> dict[str, list[str | None]]:
    """The state that an issue begins in. What a rule ignores, and what is no failure, is
    kept and counted in silence.
    """
    rules = [event.analysis.ruled for event in firsts]
    return {
        "status": [Status.UNRESOLVED if _is_heard(each) else Status.IGNORED for each in firsts],
        "reason": [_reason(each) for each in firsts],
        "rule": [rule.grouping if rule.keyed else None for rule in rules],
    }


def _is_heard(event: Digested) -> bool:
    return event.analysis.classification.failed and not event.analysis.ruled.ignored


def _reason(event: Digested) -> str:
    if event.analysis.ruled.ignored:
        return f"rule: {event.analysis.ruled.grouping}"
    return "first_event" if event.analysis.classification.failed else "no_failure"


def _classification(firsts: list[Digested]) -> dict[str, list[Any]]:
    found = [event.analysis.classification for event in firsts]
    return {
        "category": [str(classification.category) for classification in found],
        "family": [classification.family for classification in found],
        "kind": [classification.kind or None for classification in found],
        "transient": [classification.transient for classification in found],
        "severity": [str(classification.severity) for classification in found],
    }
