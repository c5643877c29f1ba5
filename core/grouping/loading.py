"""The rules that hold, for those who apply them to many events."""

from collections.abc import Collection
from typing import Any, Final

import psycopg
import structlog

from core.analysis.rules import NO_RULES, RuleSet, read

# Versions are few and rows are never changed: one look at the index tells what holds.
_VERSIONS: Final = """
    SELECT project_id, max(version) FROM project_rules
    WHERE project_id = ANY(%s) GROUP BY project_id
"""
_CONTENT: Final = "SELECT content FROM project_rules WHERE project_id = %s AND version = %s"

log = structlog.get_logger()


class Rulebooks:
    """Reads each version once. Not to be used by two threads at once."""

    def __init__(self) -> None:
        self._known: dict[int, RuleSet] = {}

    def current(
        self, connection: psycopg.Connection[Any], project_ids: Collection[int]
    ) -> dict[int, RuleSet]:
        """Of those projects that have rules."""
        found: dict[int, RuleSet] = {}
        for project_id, version in connection.execute(_VERSIONS, [list(project_ids)]):
            known = self._known.get(project_id, NO_RULES)
            if known.version != version:
                known = self._known[project_id] = _load(connection, project_id, version)
            if known:
                found[project_id] = known
        return found


def _load(connection: psycopg.Connection[Any], project_id: int, version: int) -> RuleSet:
    """A rule that another version of Mendline took and this one does not is left out."""
    row = connection.execute(_CONTENT, [project_id, version]).fetchone()
    reading = read(row[0] if row else "", version=version)
    if not reading.usable:
        problems = [str(problem) for problem in reading.problems if problem.fatal]
        log.warning("rules.skipped", project_id=project_id, version=version, problems=problems)
    return reading.rules
