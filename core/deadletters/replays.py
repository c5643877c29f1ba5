"""Many letters sent again: a run is a row, so that it can be looked at, and stopped by anybody."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from core.access import audit
from core.access.audit import Act, Actor
from core.deadletters import letters
from core.deadletters.edits import sendable
from core.deadletters.letters import LetterFilter
from core.deadletters.orders import QUEUE, Means, refusal
from core.deadletters.recall import recall
from core.errors import ConflictError, NotFoundError
from core.model.deadletters import DeadLetter
from core.model.replays import ReplayItem, ReplayRun
from core.model.work import WorkHold
from core.store.paging import Cursor, Keyset, Page
from core.store.work import WorkOrder

ADVANCE_TASK: Final = "deadletter.advance"
SUBJECT: Final = "replay_run"
MANUAL: Final = "manual"
# Letters that a dry run looks at one by one.
EXAMINED: Final = 200
# Letters a second: one a day. What is slower would be due after the end of the calendar.
SLOWEST: Final = 1 / 86_400
NEWEST_FIRST: Final = Keyset(ReplayRun.id, ReplayRun.id)


class RunNotFoundError(NotFoundError):
    """There is no such replay run."""

    code = "ML-REF-0028"


class RunEndedError(ConflictError):
    """This replay run has ended already."""

    code = "ML-DEAD-0004"


@dataclass(frozen=True, slots=True)
class Pace:
    """`rate` is letters a second. A run ends by itself when more than `failure_share` fail again.

    The first batch is waited for; after it as many letters as a batch has may be under way.
    """

    rate: float = 10.0
    batch: int = 20
    failure_share: float = 0.5


@dataclass(frozen=True, slots=True)
class Preview:
    """What a run would do. `refused` are of the first `examined` letters; `held` are targets."""

    letters: int
    tasks: Mapping[str, int]
    examined: int
    refused: Mapping[int, str]
    held: Sequence[str]
    batches: int
    seconds: float


def start(
    session: Session,
    wanted: LetterFilter,
    pace: Pace,
    *,
    means: Means,
    actor: Actor,
    now: datetime,
    project_id: int | None = None,
    cause: str = MANUAL,
) -> ReplayRun:
    """Letters that are captured later do not belong to it, so that it comes to an end."""
    chosen = replace(wanted, states=["open"])
    matched = letters.count(session, chosen)
    newest = select(func.max(DeadLetter.id)).where(*chosen.conditions())
    run = ReplayRun(
        state="running" if matched else "done",
        cause=cause,
        wanted=chosen.written(),
        project_id=project_id,
        rate=pace.rate,
        batch=pace.batch,
        failure_share=pace.failure_share,
        author=actor.name,
        matched=matched,
        until_id=session.scalar(newest) or 0,
        created_at=now,
        finished_at=None if matched else now,
    )
    session.add(run)
    session.flush()
    session.refresh(run)
    if matched:
        go_on(session, run, means=means)
    _record(session, run, actor, name="started", now=now)
    return run


def go_on(session: Session, run: ReplayRun, *, means: Means, due: datetime | None = None) -> None:
    """Each step is a piece of work of its own; `step` lets none be done twice."""
    arguments = {"run_id": run.id, "step": run.step}
    key = f"replay-run-{run.id}-{run.step}"
    means.add(session, WorkOrder(ADVANCE_TASK, arguments, QUEUE, due_at=due, unique_key=key))


def keep_going(session: Session, *, means: Means) -> int:
    """Orders the next step of runs that have none, since theirs was given up; how many runs run.

    While the step lives, its key lets no second one be made.
    """
    running = session.scalars(select(ReplayRun).where(ReplayRun.finished_at.is_(None))).all()
    for run in running:
        go_on(session, run, means=means)
    return len(running)


def preview(
    session: Session, wanted: LetterFilter, pace: Pace, *, means: Means, now: datetime
) -> Preview:
    chosen = replace(wanted, states=["open"])
    where = chosen.conditions()
    total = letters.count(session, chosen)
    first = session.scalars(
        select(DeadLetter).where(*where).order_by(DeadLetter.id).limit(EXAMINED)
    ).all()
    told = {each.id: refusal(session, sendable(session, each), means) for each in first}
    named = func.coalesce(DeadLetter.task, "")
    tasks = select(named, func.count()).where(*where).group_by(named)
    held = (
        select(WorkHold.target)
        .distinct()
        .where(
            WorkHold.until > now,
            WorkHold.target.in_(select(DeadLetter.target).where(*where).distinct()),
        )
    )
    return Preview(
        letters=total,
        tasks=dict(session.execute(tasks).all()),
        examined=len(first),
        refused={letter_id: why for letter_id, why in told.items() if why is not None},
        held=session.scalars(held.order_by(WorkHold.target)).all(),
        batches=-(-total // pace.batch),
        seconds=total / pace.rate,
    )


def stop(session: Session, run_id: int, *, means: Means, actor: Actor, now: datetime) -> ReplayRun:
    """What has not started is taken back: its letters are open again."""
    run = get(session, run_id, lock=True)
    if run.state != "running":
        raise RunEndedError(run_id=run_id, state=run.state)
    end(session, run, "stopped", means=means, actor=actor, now=now)
    return run


def end(
    session: Session,
    run: ReplayRun,
    state: str,
    *,
    means: Means,
    actor: Actor,
    now: datetime,
    reason: str | None = None,
) -> None:
    run.state, run.finished_at = state, now
    run.ended_by, run.end_reason = actor.name, reason
    if state != "done":
        run.recalled += recall(session, run, means=means, actor=actor, now=now)
    session.flush()
    _record(session, run, actor, name=state, now=now)


def page(
    session: Session, *, only: int | None = None, cursor: Cursor | None = None, limit: int = 50
) -> Page:
    """Each row begins with the `ReplayRun`, newest first."""
    statement = select(ReplayRun)
    if only is not None:
        statement = statement.where(ReplayRun.project_id == only)
    return NEWEST_FIRST.page(session, statement, cursor=cursor, limit=limit)


def get(session: Session, run_id: int, *, only: int | None = None, lock: bool = False) -> ReplayRun:
    """For who may see `only` one project the runs of others are not there."""
    found = session.get(ReplayRun, run_id, with_for_update=lock, populate_existing=lock)
    if found is None or (only is not None and found.project_id != only):
        raise RunNotFoundError(f"There is no replay run {run_id}.", run_id=run_id)
    return found


def items(session: Session, run_id: int, *, limit: int = 100) -> Sequence[ReplayItem]:
    """Those that did not succeed, newest first."""
    statement = select(ReplayItem).where(
        ReplayItem.run_id == run_id, ReplayItem.state != "succeeded"
    )
    return session.scalars(statement.order_by(ReplayItem.letter_id.desc()).limit(limit)).all()


def whole(session: Session, run: ReplayRun) -> dict[str, Any]:
    """The run for people, with who did what to it."""
    fields = {
        name: getattr(run, name)
        for name in ReplayRun.__table__.columns.keys()  # noqa: SIM118
    }
    acts = audit.of(session, SUBJECT, run.id)
    return fields | {"items": items(session, run.id), "acts": acts}


def _record(session: Session, run: ReplayRun, actor: Actor, *, name: str, now: datetime) -> None:
    detail = {"wanted": run.wanted, "matched": run.matched, "sent": run.sent}
    if run.end_reason:
        detail["reason"] = run.end_reason
    act = Act(
        name=name,
        subject=SUBJECT,
        subject_id=run.id,
        project_id=run.project_id,
        detail=detail,
    )
    audit.record(session, actor, act, now=now)
