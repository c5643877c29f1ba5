"""Learns the patterns of each project from the titles of its new issues, beside the digest.

A project is mined by one worker at a time, so that nothing that is learned is lost; what another
one is at work on waits for the next run. Events are counted by their issues, not one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy.orm import Session

from core.analysis.patterns import Limits, Miner, Pattern
from core.model import MessagePattern
from core.store import patterns
from core.store.engine import Database
from core.store.patterns import Grown, Title

# Issues of one transaction.
STEP: Final = 2_000
# Projects with issues seen in this time are looked at.
RECENT: Final = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Mined:
    """How many issues got a pattern, and how many patterns went into older ones."""

    projects: int = 0
    issues: int = 0
    joined: int = 0


def mine(database: Database, now: datetime, *, limits: Limits | None = None) -> Mined:
    with database.transaction() as session:
        projects = patterns.busy_projects(session, now - RECENT)
    issues = joined = 0
    for project_id in projects:
        done = STEP
        while done == STEP:
            with database.transaction() as session:
                done, merged = _step(session, project_id, now, limits)
            issues, joined = issues + done, joined + merged
    return Mined(len(projects), issues, joined)


def _step(
    session: Session, project_id: int, now: datetime, limits: Limits | None
) -> tuple[int, int]:
    """How many issues were looked at, and how many patterns joined."""
    if not patterns.lock(session, project_id):
        return 0, 0
    titles = patterns.new_titles(session, project_id, limit=STEP)
    joined = _learn(session, project_id, titles, (now, limits)) if titles else 0
    patterns.recount(session, project_id)
    return len(titles), joined


def _learn(
    session: Session,
    project_id: int,
    titles: Sequence[Title],
    how: tuple[datetime, Limits | None],
) -> int:
    now, limits = how
    rows = {row.pattern_id: row for row in patterns.known(session, project_id)}
    aliases = patterns.aliases(session, project_id)
    miner = Miner(_patterns(rows.values()), aliases, limits=limits)
    answers = [answer.pattern for answer in miner.learn([title.text for title in titles])]
    told = {row.pattern_id: (row.sample, row.last_seen) for row in rows.values()}
    for each, title in zip(answers, titles, strict=True):
        told.setdefault(each.pattern_id, (title.text, title.last_seen))
    found = {each.pattern_id: each for each in (*miner.patterns, *answers)}
    grown = [each for each in found.values() if _has_changed(each, rows.get(each.pattern_id))]
    kept = patterns.keep(session, project_id, [_grown(each, told) for each in grown], now=now)
    merged = {old: new for old, new in miner.aliases.items() if old not in aliases}
    patterns.join(session, project_id, merged)
    pairs = zip(titles, answers, strict=True)
    patterns.assign(session, {title.issue_id: kept[each.pattern_id] for title, each in pairs})
    staying = {each.pattern_id for each in miner.patterns}
    patterns.forget(session, project_id, (rows.keys() | found.keys()) - staying - merged.keys())
    return len(merged)


def _has_changed(pattern: Pattern, row: MessagePattern | None) -> bool:
    return row is None or (pattern.count, pattern.form) != (row.messages, tuple(row.form))


def _patterns(rows: Iterable[MessagePattern]) -> list[Pattern]:
    """Born in the order of their rows; those seen last are forgotten last."""
    return [
        Pattern(
            row.pattern_id,
            tuple(row.form),
            row.gaps,
            frozenset(row.opened),
            count=row.messages,
            born=born,
            seen=int(row.last_seen.timestamp()),
        )
        for born, row in enumerate(rows)
    ]


def _grown(pattern: Pattern, told: Mapping[str, tuple[str, datetime]]) -> Grown:
    sample, seen = told[pattern.pattern_id]
    return Grown(
        pattern_id=pattern.pattern_id,
        template=pattern.template,
        form=pattern.form,
        gaps=pattern.gaps,
        opened=sorted(pattern.opened),
        messages=pattern.count,
        sample=sample,
        seen=seen,
    )
