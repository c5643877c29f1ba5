"""Sends dead letters again, as a run that goes slowly and stops when too many fail again."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from sqlalchemy.orm import Session

from core.access.audit import Actor
from core.clock import Clock
from core.deadletters import LetterFilter, Means, Pace, RunEndedError, preview, replays
from core.recovery.action import Done, Order
from core.recovery.arguments import ArgumentError, Arguments
from core.recovery.once import Once

CAUSE: Final = "recovery"
ACTOR: Final = Actor("recovery")


class ReplayAction:
    """`{"tasks"?, "reasons"?, "queues"?, "groups"?, "letters"?, "rate"?, "batch"?}`.

    Only letters of the project that the order is about, and never all of them.
    """

    name = "replay"
    reversible = True

    def __init__(self, once: Once, means: Means, clock: Clock) -> None:
        self._once = once
        self._means = means
        self._clock = clock

    def run(self, order: Order) -> Done:
        wanted, pace = self._read(order)
        return self._once(order, lambda session: self._started(session, order, wanted, pace))

    def undo(self, order: Order, undo: Mapping[str, Any]) -> Done:
        """What was not sent yet is open again."""
        run_id = int(undo["run_id"])
        if order.dry_run:
            return Done(f"Would stop the replay run {run_id}.")
        return self._once(order, lambda session: self._stopped(session, run_id), back=True)

    def _started(self, session: Session, order: Order, wanted: LetterFilter, pace: Pace) -> Done:
        now, project_id = self._clock.now(), order.about.get("project_id")
        if order.dry_run:
            seen = preview(session, wanted, pace, means=self._means, now=now)
            return Done(f"Would send {seen.letters} letters again.", {"tasks": dict(seen.tasks)})
        run = replays.start(
            session,
            wanted,
            pace,
            means=self._means,
            actor=ACTOR,
            now=now,
            project_id=project_id,
            cause=CAUSE,
        )
        evidence = {"run_id": run.id, "letters": run.matched}
        undo = {"run_id": run.id} if run.matched else None
        return Done(f"Sends {run.matched} letters again in run {run.id}.", evidence, undo)

    def _stopped(self, session: Session, run_id: int) -> Done:
        try:
            run = replays.stop(
                session, run_id, means=self._means, actor=ACTOR, now=self._clock.now()
            )
        except RunEndedError:
            return Done(f"The replay run {run_id} had ended.", {"run_id": run_id})
        return Done(
            f"Stopped the replay run {run_id}.", {"run_id": run_id, "recalled": run.recalled}
        )

    def _read(self, order: Order) -> tuple[LetterFilter, Pace]:
        usual = Pace()
        with Arguments("The action replay", order.arguments) as given:
            wanted = LetterFilter(
                ids=[int(each) for each in given.texts("letters") if each.isdecimal()],
                tasks=given.texts("tasks"),
                reasons=given.texts("reasons"),
                queues=given.texts("queues"),
                groups=given.texts("groups"),
            )
            pace = Pace(
                rate=given.number("rate", usual.rate, low=0.1, high=1_000),
                batch=given.whole("batch", usual.batch, low=1, high=1_000),
            )
        if not wanted.narrows:
            raise ArgumentError(
                "The action replay needs tasks, reasons, queues, groups or letters: it never sends "
                "all of them."
            )
        project_id = order.about.get("project_id")
        projects = () if project_id is None else (int(project_id),)
        return replace(wanted, projects=projects), pace
