"""Sagas as rows of the ledger drive them: one piece of work a step, forwards, or backwards."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final

import structlog
from sqlalchemy.orm import Session

from core.clock import Clock
from core.errors import ConflictError, ErrorReport, report
from core.model.transactions import Saga as Row
from core.sagas import course, rows
from core.sagas.course import Course, Direction, State
from core.sagas.saga import Registry, Step, Turn, UndeclaredSagaError, UnknownSagaError
from core.store.engine import Database
from core.store.work import WorkOrder
from core.work.attempt import Started
from core.work.ledger import Ledger

log = structlog.get_logger()

TASK: Final = "saga.step"
QUEUE: Final = "recovery"
UNDO_ATTEMPTS: Final = 20


class SagaStateError(ConflictError):
    """The saga is not in a state in which that can be done."""

    code = "ML-SAGA-0003"


class SagaOverdueError(ConflictError):
    """The saga was not done by its deadline."""

    code = "ML-SAGA-0004"


class SagaCancelledError(ConflictError):
    """Somebody cancelled the saga."""

    code = "ML-SAGA-0005"


class StepLostError(ConflictError):
    """The work of a step ended without its result: its worker was lost each time."""

    code = "ML-SAGA-0006"


@dataclass(frozen=True, slots=True)
class Swept:
    """`turned`: sagas that go backwards from now on, or are stuck."""

    turned: int = 0


class Sagas:
    """Begins sagas and carries out their steps; `registry` knows how each step is done."""

    def __init__(
        self, database: Database, ledger: Ledger, registry: Registry, clock: Clock
    ) -> None:
        self._database = database
        self._ledger = ledger
        self._registry = registry
        self._clock = clock

    def start(
        self,
        session: Session,
        name: str,
        arguments: Mapping[str, Any],
        *,
        unique_key: str | None = None,
    ) -> int:
        """In the transaction of whoever decides. With the same key no second one is begun."""
        saga, now = self._registry.get(name), self._clock.now()
        deadline = now + timedelta(seconds=saga.deadline) if saga.deadline else None
        values = {
            "name": name,
            "state": State.RUNNING,
            "steps": [step.name for step in saga.steps],
            "arguments": dict(arguments),
            "unique_key": unique_key,
            "began_at": now,
            "deadline_at": deadline,
        }
        row, begun = rows.begin(session, values)
        if begun:
            self._order(session, row)
        return row.id

    def ask_for(
        self,
        session: Session,
        name: str,
        arguments: Mapping[str, Any],
        *,
        unique_key: str | None = None,
    ) -> int:
        """As `start`, for somebody who may have misspelt the name and gets the answer at once."""
        try:
            return self.start(session, name, arguments, unique_key=unique_key)
        except UnknownSagaError as error:
            raise UndeclaredSagaError(str(error)) from error

    def step(self, session: Session, saga_id: int, position: int, direction: str) -> None:
        """Does or undoes one step. Its effects in `session`, and what comes next, commit together.

        That it begins is committed before, so that what may have had an effect is known to have.
        """
        way = Direction(direction)
        if not self._begin(saga_id, position, way):
            return
        row = rows.get(session, saga_id)
        step = self._registry.get(row.name).step(row.steps[position])
        result = _act(step, way)(
            Turn(
                saga_id=saga_id,
                session=session,
                arguments=row.arguments,
                results=row.results,
                key=f"saga-{saga_id}-{step.name}-{way}",
            )
        )
        row = rows.locked(session, saga_id)
        if not _is_turn(row, position, way):
            raise SagaStateError(saga_id=saga_id)
        if way is Direction.DO:
            row.results = {**row.results, step.name: dict(result or {})}
        rows.end_step(session, row, way, now=self._clock.now())
        self._follow(session, row, self._next(session, row, way))

    def give_up(self, started: Started, failed: ErrorReport) -> bool:
        """A step failed for good: from now on backwards. False where that is for a person."""
        if started.arguments.get("direction") != Direction.DO:
            self._stick(started, failed)
            return False
        with self._database.transaction() as session:
            row = rows.locked(session, int(started.arguments["saga_id"]))
            if not _is_turn(row, int(started.arguments["position"]), Direction.DO):
                return False
            self._turn(session, row, failed)
            self._ledger.finish(session, started, {"failed": failed.code})
        log.warning("saga.turned", saga_id=row.id, saga=row.name, code=failed.code)
        return True

    def cancel(self, session: Session, saga_id: int) -> Row:
        """Backwards from here; a step that is being done is finished first."""
        row = rows.locked(session, saga_id)
        if row.state != State.RUNNING:
            raise SagaStateError(f"The saga {saga_id} is {row.state}, so it cannot be cancelled.")
        cancelled = report(SagaCancelledError())
        row.deadline_at = self._clock.now()
        row.error_code, row.error = rows.told(cancelled)
        if row.work_id is not None and self._ledger.cancel(
            session, row.work_id, reason="cancelled"
        ):
            self._turn(session, row, cancelled)
        return row

    def resume(self, session: Session, saga_id: int) -> Row:
        """Tries once more to undo what a stuck saga did."""
        row = rows.locked(session, saga_id)
        if row.state != State.STUCK:
            raise SagaStateError(f"The saga {saga_id} is {row.state}, so it cannot be resumed.")
        row.ended_at = None
        self._follow(session, row, Course(State.COMPENSATING, row.position))
        return row

    def sweep(self) -> Swept:
        """Turns what is overdue, and what has lost the work that should move it."""
        with self._database.transaction() as session:
            found = rows.suspect(session, self._clock.now())
        return Swept(sum(map(self._sweep, found)))

    def _sweep(self, saga_id: int) -> bool:
        try:
            with self._database.transaction() as session:
                return self._moved(session, rows.locked(session, saga_id))
        except UnknownSagaError as error:
            log.warning("saga.unknown", saga_id=saga_id, error=str(error))
            return False

    def _moved(self, session: Session, row: Row) -> bool:
        if row.state not in course.TURN_OF:
            return False
        if not rows.has_work(session, row):
            return self._lost(session, row)
        if row.state != State.RUNNING or not self._is_overdue(row) or row.work_id is None:
            return False
        if not self._ledger.cancel(session, row.work_id, reason="overdue"):
            return False
        late = report(SagaCancelledError() if _is_cancelled(row) else SagaOverdueError())
        self._turn(session, row, late)
        log.warning("saga.turned", saga_id=row.id, saga=row.name, code=late.code)
        return True

    def _is_overdue(self, row: Row) -> bool:
        return row.deadline_at is not None and row.deadline_at <= self._clock.now()

    def _lost(self, session: Session, row: Row) -> bool:
        failed = report(StepLostError())
        log.warning("saga.turned", saga_id=row.id, saga=row.name, code=failed.code)
        if row.state == State.RUNNING:
            self._turn(session, row, failed)
        else:
            self._end(session, row, State.STUCK, failed)
        return True

    def _begin(self, saga_id: int, position: int, way: Direction) -> bool:
        with self._database.transaction() as session:
            row = rows.locked(session, saga_id)
            if not _is_turn(row, position, way):
                log.info("saga.not_its_turn", saga_id=saga_id, position=position)
                return False
            rows.begin_step(session, row, way, self._clock.now())
        return True

    def _next(self, session: Session, row: Row, way: Direction) -> Course:
        if way is Direction.UNDO:
            return self._backwards(session, row, below=row.position)
        if _is_cancelled(row):
            return self._backwards(session, row, below=row.position + 1)
        ahead = course.after_doing(row.position, steps=len(row.steps))
        if ahead.position is not None and self._is_overdue(row):
            row.error_code, row.error = rows.told(report(SagaOverdueError()))
            return self._backwards(session, row, below=row.position + 1)
        return ahead

    def _backwards(self, session: Session, row: Row, *, below: int) -> Course:
        """Steps that cannot be undone are passed over."""
        saga = self._registry.get(row.name)
        begun = rows.begun(session, row.id)
        undoable = {at for at in begun if saga.step(row.steps[at]).undo is not None}
        return course.undoing(undoable, below=below)

    def _turn(self, session: Session, row: Row, failed: ErrorReport) -> None:
        rows.end_step(session, row, Direction.DO, now=self._clock.now(), failed=failed)
        row.error_code, row.error = rows.told(failed)
        self._follow(session, row, self._backwards(session, row, below=row.position + 1))

    def _stick(self, started: Started, failed: ErrorReport) -> None:
        with self._database.transaction() as session:
            row = rows.locked(session, int(started.arguments["saga_id"]))
            if _is_turn(row, int(started.arguments["position"]), Direction.UNDO):
                self._end(session, row, State.STUCK, failed)

    def _end(
        self, session: Session, row: Row, state: State, failed: ErrorReport | None = None
    ) -> None:
        row.state, row.ended_at, row.work_id = state, self._clock.now(), None
        if failed is not None:
            way = Direction.UNDO
            rows.end_step(session, row, way, now=self._clock.now(), failed=failed)
            row.error_code, row.error = rows.told(failed)
            log.error("saga.stuck", saga_id=row.id, saga=row.name, code=failed.code)
        session.flush()

    def _follow(self, session: Session, row: Row, ahead: Course) -> None:
        if ahead.position is None:
            self._end(session, row, ahead.state)
            return
        row.state, row.position = ahead.state, ahead.position
        self._order(session, row)

    def _order(self, session: Session, row: Row) -> None:
        way = course.TURN_OF[State(row.state)]
        step = self._registry.get(row.name).step(row.steps[row.position])
        row.work_id = self._ledger.add(
            session,
            WorkOrder(
                task=TASK,
                arguments={"saga_id": row.id, "position": row.position, "direction": str(way)},
                queue=QUEUE,
                target=f"saga:{row.name}",
                max_attempts=step.attempts if way is Direction.DO else UNDO_ATTEMPTS,
            ),
        )
        session.flush()


def _is_cancelled(row: Row) -> bool:
    """While a step was being done: the row says so until that is over."""
    return row.error_code == SagaCancelledError.code


def _is_turn(row: Row, position: int, way: Direction) -> bool:
    return course.TURN_OF.get(State(row.state)) is way and row.position == position


def _act(step: Step, way: Direction) -> Any:
    return step.do if way is Direction.DO else step.undo
