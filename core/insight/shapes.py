"""The shapes of issue keys: made from the example of each new key, found again by their marks.

The marks of a shape are an inverted index. The rarest ones are asked for, and only so many that
few rows can come back, however many issues there are.
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

import orjson
import structlog
from sqlalchemy import TextClause, bindparam, text
from sqlalchemy.dialects.postgresql import ARRAY, BIGINT
from sqlalchemy.orm import Session

from core.analysis import GROUPING_VERSION
from core.analysis.result import Mechanism
from core.analysis.shape import Shape, mark, marks, shape_of
from core.analysis.similarity import Rarity, rarity
from core.model import IssueShape
from core.store import events
from core.store.engine import driver_connection
from core.store.payloads import PayloadError, Payloads

# Keys older than that, which nobody looked at so far, are left until somebody asks for them.
LOOK_BACK: Final = timedelta(days=7)
AT_ONCE: Final = 200
# How many rows the marks that are asked for stand for, and how many shapes are compared.
MOST_ROWS: Final = 4_000
MOST_MARKS: Final = 12
COMPARED: Final = 40
ALL: Final = 0  # the mark that stands for every shape

_MISSING: Final = """
    SELECT project_id, issue_key, issue_id, mechanism, example, rule
    FROM issue_fingerprints AS known
    WHERE NOT EXISTS (
        SELECT FROM issue_shapes AS made
        WHERE made.project_id = known.project_id AND made.issue_key = known.issue_key
    )
"""
_NEW: Final = text(f"{_MISSING} AND created_at >= :since ORDER BY created_at LIMIT :most")
_OF_ISSUE: Final = text(f"{_MISSING} AND issue_id = :issue ORDER BY created_at LIMIT :most")
_LOCK: Final = text("SELECT pg_advisory_xact_lock(hashtext('mendline_issue_shapes'))")
_COUNT: Final = """
    INSERT INTO mark_counts AS kept (project_id, mark, shapes, counted_at)
    SELECT %(project)s, mark, 1, %(now)s FROM unnest(%(marks)s::bigint[]) AS mark ORDER BY mark
    ON CONFLICT (project_id, mark)
    DO UPDATE SET shapes = kept.shapes + 1, counted_at = excluded.counted_at
"""
_COUNTS: Final = text("""
    SELECT mark, shapes FROM mark_counts WHERE project_id = :project AND mark = ANY(:marks)
""").bindparams(bindparam("marks", type_=ARRAY(BIGINT)))
_ALIKE: Final = text("""
    SELECT known.issue_id, shape.type, shape.template, shape.frames, shape.own
    FROM issue_shapes AS shape JOIN issue_fingerprints AS known USING (project_id, issue_key)
    WHERE shape.project_id = :project AND shape.marks && :rare AND shape.version = :version
      AND known.issue_id <> ALL(:family)
    ORDER BY (SELECT count(*) FROM unnest(shape.marks) AS one WHERE one = ANY(:marks)) DESC,
        known.issue_id DESC
    LIMIT :most
""").bindparams(*(bindparam(name, type_=ARRAY(BIGINT)) for name in ("rare", "marks", "family")))
_SHAPES: Final = text("""
    SELECT shape.type, shape.template, shape.frames, shape.own
    FROM issue_shapes AS shape JOIN issue_fingerprints AS known USING (project_id, issue_key)
    WHERE known.issue_id = :issue AND shape.version = :version
    ORDER BY known.created_at DESC LIMIT :most
""")


log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Made:
    project_id: int
    issue_id: int
    shape: Shape


@dataclass(frozen=True, slots=True)
class Candidate:
    """An issue that has parts in common with a shape; one of the shapes it has."""

    issue_id: int
    shape: Shape


def make(session: Session, payloads: Payloads, now: datetime) -> list[Made]:
    """For the keys that are new, oldest first, a bounded number at once."""
    rows = _missing(session, _NEW, {"since": now - LOOK_BACK, "most": AT_ONCE})
    return _made(session, rows, payloads, now)


def make_of(session: Session, issue_id: int, payloads: Payloads, now: datetime) -> list[Made]:
    """Those of one issue that nobody has made so far."""
    rows = _missing(session, _OF_ISSUE, {"issue": issue_id, "most": AT_ONCE})
    return _made(session, rows, payloads, now)


def of_issue(session: Session, issue_id: int) -> list[Shape]:
    """Its shapes that are made, the newest first."""
    values = {"issue": issue_id, "version": GROUPING_VERSION, "most": COMPARED}
    return [_shape(*row) for row in session.execute(_SHAPES, values)]


def _missing(session: Session, wanted: TextClause, values: dict[str, Any]) -> Sequence[Any]:
    """Looked for again once nobody else makes any: of two that miss the same one makes it."""
    if session.execute(wanted, values).first() is None:
        return ()
    session.execute(_LOCK)
    return session.execute(wanted, values).all()


def _made(session: Session, rows: Iterable[Any], payloads: Payloads, now: datetime) -> list[Made]:
    made = []
    for row in rows:
        shape = _readable(session, row, payloads, now)
        _keep(session, row.project_id, row.issue_key, shape, now)
        made.append(Made(row.project_id, row.issue_id, shape))
    return made


def _readable(session: Session, row: Any, payloads: Payloads, now: datetime) -> Shape:
    """What is damaged is like nothing else; the keys after it are looked at all the same."""
    try:
        return _seen(session, row, payloads, now)
    except PayloadError as error:
        log.warning("insight.payload_skipped", issue_id=row.issue_id, error=str(error))
        return Shape()


def _seen(session: Session, row: Any, payloads: Payloads, now: datetime) -> Shape:
    """What people grouped by a fingerprint or a rule of their own is like nothing else."""
    if row.mechanism == Mechanism.FINGERPRINT or row.rule is not None:
        return Shape()
    if row.example is not None:
        return shape_of(orjson.loads(payloads.raw(session, row.example, None)))
    event = events.newest(session, [row.issue_id], since=now - LOOK_BACK)
    if event is None or event.payload is None:
        return Shape()
    document = payloads.unpack(session, event.payload, event.dictionary_id)
    found = document.get("event")
    return shape_of(found) if isinstance(found, dict) else Shape()


def _keep(session: Session, project_id: int, issue_key: str, shape: Shape, now: datetime) -> None:
    found = marks(shape, project_id)
    session.add(
        IssueShape(
            project_id=project_id,
            issue_key=issue_key,
            version=GROUPING_VERSION,
            type=shape.type,
            template=shape.template,
            frames=list(shape.frames),
            own=list(shape.own),
            marks=list(found),
            made_at=now,
        )
    )
    session.flush()
    values = {"project": project_id, "now": now, "marks": sorted([ALL, *found])}
    driver_connection(session).execute(_COUNT, values)


def counts(session: Session, project_id: int, wanted: Collection[int]) -> dict[int, int]:
    """In how many shapes of the project each mark stands."""
    found = session.execute(_COUNTS, {"project": project_id, "marks": sorted(wanted)})
    return {row.mark: row.shapes for row in found}


def rarest(found: Sequence[int], known: dict[int, int]) -> list[int]:
    """The marks that lead to the fewest shapes, as long as these are few together."""
    chosen, rows = [], 0
    for each in sorted(found, key=lambda each: (known.get(each, 0), each))[:MOST_MARKS]:
        rows += known.get(each, 0)
        if rows > MOST_ROWS:
            break
        chosen.append(each)
    return chosen


def candidates(
    session: Session, project_id: int, shape: Shape, *, family: Sequence[int]
) -> tuple[list[Candidate], Rarity]:
    """Those that share most with the shape, and how rare each call is among them all."""
    found = marks(shape, project_id)
    known = counts(session, project_id, [ALL, *found])
    rare = rarest(found, known)
    if not rare:
        return [], lambda _frame: 1.0
    values = {
        "project": project_id,
        "rare": rare,
        "marks": list(found),
        "version": GROUPING_VERSION,
        "family": list(family),
        "most": COMPARED,
    }
    rows = session.execute(_ALIKE, values).all()
    alike = [Candidate(issue_id, _shape(*parts)) for issue_id, *parts in rows]
    return alike, _rarity(session, project_id, [shape, *(each.shape for each in alike)])


def _rarity(session: Session, project_id: int, shapes: Sequence[Shape]) -> Rarity:
    frames = {frame for shape in shapes for frame in shape.frames}
    by_mark = {mark(f"frame:{frame}", project_id): frame for frame in frames}
    known = counts(session, project_id, [ALL, *by_mark])
    weights = {
        frame: rarity(known.get(each, 0), known.get(ALL, 1)) for each, frame in by_mark.items()
    }
    return lambda frame: weights.get(frame, 1.0)


def _shape(kind: str, template: str, frames: list[str], own: list[bool]) -> Shape:
    return Shape(kind, template, tuple(frames), tuple(own))
