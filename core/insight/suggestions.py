"""Issues that may be one failure: offered to people, who accept or dismiss; never merged by itself.

A pair is offered once. What was dismissed is not offered again, neither for the two issues nor for
those they were merged with since.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, NamedTuple

from sqlalchemy import and_, or_, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session, aliased

from core.analysis.shape import Shape
from core.analysis.similarity import SUGGEST, Likeness, likeness
from core.errors import ConflictError, NotFoundError
from core.insight import shapes
from core.issues import merging
from core.model import Issue, MergeSuggestion
from core.store import issues, signals
from core.store.paging import Cursor, Keyset, Page
from core.store.payloads import Payloads
from core.store.signals import SignalKind

ORDER: Final = Keyset(MergeSuggestion.id, MergeSuggestion.id)
# Offers for one new issue, and answers to one question.
MOST_OFFERED: Final = 3
MOST_SHOWN: Final = 10
# Less alike is not worth a look.
WORTH_SHOWING: Final = 0.4
# Signals of one run.
AT_ONCE: Final = 500
SAME_KEY: Final = Likeness(
    score=1.0,
    stack=None,
    message=None,
    same_type=True,
    shared=0,
    reasons=("The present version of grouping gives events of both the same key.",),
)


class State(StrEnum):
    OPEN = "open"
    ACCEPTED = "accepted"
    DISMISSED = "dismissed"


class NoSuggestionError(NotFoundError):
    """There is no such suggestion."""

    code = "ML-REF-0050"


class AlreadyDecidedError(ConflictError):
    """The suggestion was accepted or dismissed before."""

    code = "ML-REF-0051"


@dataclass(frozen=True, slots=True)
class Similar:
    issue: Issue
    likeness: Likeness


class Pair(NamedTuple):
    project_id: int
    one: int
    other: int


@dataclass(frozen=True, slots=True)
class Offered:
    """How many shapes of new keys were made, and how many merges were suggested for them."""

    shapes: int = 0
    suggestions: int = 0


def offer_new(session: Session, payloads: Payloads, now: datetime) -> Offered:
    """Looks at the issue keys that are new since the last time, and at what grouping noticed."""
    made = shapes.make(session, payloads, now)
    offers = sum(_offer(session, each, now) for each in made)
    return Offered(len(made), offers + _noticed(session, now))


def _offer(session: Session, made: shapes.Made, now: datetime) -> int:
    family = issues.family(session, made.issue_id)
    found = _alike(session, made.project_id, made.shape, family=family)
    best = [each for each in found if each[1].score >= SUGGEST][:MOST_OFFERED]
    return sum(
        _write(session, Pair(made.project_id, made.issue_id, other_id), alike, now)
        for other_id, alike in best
    )


def _noticed(session: Session, now: datetime) -> int:
    """Two issues that a newer version of grouping gives one key."""
    told = signals.claim(session, [SignalKind.MERGE_SUGGESTED], limit=AT_ONCE)
    signals.finish(session, [signal.id for signal in told], now=now)
    count = 0
    for signal in told:
        one, other = (issues.root(session, int(each)).id for each in signal.detail["issues"])
        if one != other:
            count += _write(session, Pair(signal.project_id, one, other), SAME_KEY, now)
    return count


def _write(session: Session, pair: Pair, alike: Likeness, now: datetime) -> int:
    """Unless it was dismissed, for these two or what they were merged with."""
    if _dismissed(session, *(issues.family(session, each) for each in pair[1:])):
        return 0
    statement = (
        insert(MergeSuggestion)
        .values(
            project_id=pair.project_id,
            target_id=min(pair.one, pair.other),
            source_id=max(pair.one, pair.other),
            score=alike.score,
            reasons=list(alike.reasons),
            state=State.OPEN,
            made_at=now,
        )
        .on_conflict_do_nothing()
        .returning(MergeSuggestion.id)
    )
    return len(session.execute(statement).all())


def _alike(
    session: Session, project_id: int, shape: Shape, *, family: Sequence[int]
) -> list[tuple[int, Likeness]]:
    """The likest member of each issue, the likest issue first."""
    found, rarity_of = shapes.candidates(session, project_id, shape, family=family)
    best: dict[int, Likeness] = {}
    for each in found:
        alike = likeness(shape, each.shape, rarity_of)
        if each.issue_id not in best or best[each.issue_id].score < alike.score:
            best[each.issue_id] = alike
    return sorted(best.items(), key=lambda pair: (-pair[1].score, pair[0]))


def similar(session: Session, issue: Issue, payloads: Payloads, now: datetime) -> list[Similar]:
    """The issues of the project that are most like this one, whatever was suggested."""
    for made in shapes.make_of(session, issue.id, payloads, now):
        _offer(session, made, now)  # it is not new any more to the look at what is
    family = issues.family(session, issue.id)
    best: dict[int, Likeness] = {}
    for shape in shapes.of_issue(session, issue.id):
        for other_id, alike in _alike(session, issue.project_id, shape, family=family):
            if other_id not in best or best[other_id].score < alike.score:
                best[other_id] = alike
    worth = [pair for pair in best.items() if pair[1].score >= WORTH_SHOWING]
    worth.sort(key=lambda pair: (-pair[1].score, pair[0]))
    return [Similar(issues.get(session, each), alike) for each, alike in worth[:MOST_SHOWN]]


def _dismissed(session: Session, family: Sequence[int], others: Sequence[int]) -> bool:
    target, source = MergeSuggestion.target_id, MergeSuggestion.source_id
    statement = select(MergeSuggestion.id).where(
        MergeSuggestion.state == State.DISMISSED,
        or_(
            and_(target.in_(family), source.in_(others)),
            and_(target.in_(others), source.in_(family)),
        ),
    )
    return session.scalar(statement.limit(1)) is not None


def page(
    session: Session,
    *,
    project_id: int | None = None,
    state: State | None = State.OPEN,
    cursor: Cursor | None = None,
    limit: int = 100,
) -> Page:
    """Newest first; each row begins with the suggestion. Open ones only while issues are apart."""
    statement = select(MergeSuggestion)
    if project_id is not None:
        statement = statement.where(MergeSuggestion.project_id == project_id)
    if state is not None:
        statement = statement.where(MergeSuggestion.state == state)
    if state is State.OPEN:
        target, source = aliased(Issue), aliased(Issue)
        statement = (
            statement.join(target, target.id == MergeSuggestion.target_id)
            .join(source, source.id == MergeSuggestion.source_id)
            .where(target.merged_into.is_(None), source.merged_into.is_(None))
        )
    return ORDER.page(session, statement, cursor=cursor, limit=limit)


def get(session: Session, suggestion_id: int, project_id: int | None = None) -> MergeSuggestion:
    """One of another project than the caller may see is not there for him."""
    found = session.get(MergeSuggestion, suggestion_id, with_for_update=True)
    if found is None or (project_id is not None and found.project_id != project_id):
        raise NoSuggestionError(f"There is no suggestion {suggestion_id}.", id=suggestion_id)
    return found


def accept(
    session: Session, found: MergeSuggestion, *, actor: str, now: datetime
) -> MergeSuggestion:
    """Merges the two issues, or what they were merged into; `unmerge` undoes it as always."""
    _decide(found, State.ACCEPTED, actor=actor, now=now)
    target, source = (issues.root(session, each).id for each in (found.target_id, found.source_id))
    if target != source:
        merging.merge(session, target, [source], actor=actor, now=now)
    session.flush()
    return found


def dismiss(
    session: Session, found: MergeSuggestion, *, actor: str, now: datetime
) -> MergeSuggestion:
    _decide(found, State.DISMISSED, actor=actor, now=now)
    session.flush()
    return found


def _decide(found: MergeSuggestion, state: State, *, actor: str, now: datetime) -> None:
    if found.state != State.OPEN:
        raise AlreadyDecidedError(
            f"Suggestion {found.id} was {found.state} by {found.actor}.", id=found.id
        )
    found.state, found.actor, found.decided_at = state, actor, now
