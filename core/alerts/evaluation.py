"""One look at all rules: each kind of condition is asked once, and what changed becomes rows.

1. One evaluation runs at a time: the row of the clock is locked, and tells how far rules came.
2. Minutes that were missed are caught up first, by the conditions that can tell of the past.
3. Rules that measure the same share the answer, in order of values: a threshold is a slice of it.
4. Alerts that live are judged by their own series, new ones are begun; all are written at once.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy import select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from core.alerts.book import RuleBook
from core.alerts.condition import Answers, Condition, Look, Measure
from core.alerts.conditions import conditions
from core.alerts.failures import CAUSES, Failures
from core.alerts.living import Living
from core.alerts.panel import Panel
from core.alerts.rows import begun, moved
from core.alerts.rule import Matcher, Rule
from core.alerts.state import FLAPS_WITHIN, Change, State, step
from core.alerts.weighing import (
    Candidate,
    Move,
    Same,
    candidates,
    orphaned,
    standing,
    weighed,
)
from core.model import AlertClock
from core.store import alerts as rows
from core.store import projects
from core.store.alerts import Write
from core.store.engine import savepoint

CLOCK: Final = "rules"
MINUTE: Final = timedelta(minutes=1)
# A tick that comes later than that after the one before has missed something.
LATE: Final = timedelta(seconds=90)
MOST_MISSED: Final = 60
# Clocks of hosts differ by less. What was looked at later than that from now was looked at by a
# clock that was wrong and has been put right: nobody waits until it is that late again.
AHEAD: Final = timedelta(minutes=10)
# Of alerts that do not change, so many get their latest number at one look.
FRESH: Final = 200

_CLAIM: Final = select(AlertClock).where(AlertClock.name == CLOCK).with_for_update(skip_locked=True)
_PATIENCE: Final = text("SET LOCAL statement_timeout = '20s'")


@dataclass(slots=True)
class Evaluated:
    """What came of it. `ran` is false where another evaluation was under way."""

    ran: bool = False
    rules: int = 0
    series: int = 0
    caught_up: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    failed: tuple[str, ...] = ()

    @property
    def changed(self) -> int:
        return sum(self.changes.values())


class Evaluator:
    """Remembers what it read, so that the next look reads what is new. One thread at a time."""

    def __init__(self, known: Mapping[str, Condition] | None = None) -> None:
        self._conditions = known if known is not None else conditions()
        self._book = RuleBook()
        self._living = Living()
        self._failures = Failures()
        self._turn = 0

    def tick(self, session: Session, now: datetime) -> Evaluated:
        done = Evaluated()
        clock = _claimed(session, now)
        if clock is None or now < clock.evaluated_at <= now + AHEAD:
            return done
        done.ran = True
        session.execute(_PATIENCE)
        for moment in missed(clock.evaluated_at, now):
            self._evaluate(session, moment, done, past=True)
            done.caught_up += 1
        self._evaluate(session, now, done)
        clock.evaluated_at = now
        clock.detail = {"rules": done.rules, "series": done.series, "failed": list(done.failed)}
        return done

    def _evaluate(
        self, session: Session, at: datetime, done: Evaluated, *, past: bool = False
    ) -> None:
        found = self._rules(session, past=past)
        answers, done.failed = self._answers(session, found, at)
        rules = self._book.rules(session)
        alive, orphans = self._living.read(session, rules)
        holding = {rule.id for rule in rules} if orphans else set()
        panels = _Panels(answers)
        moves = [orphaned(alert, at, rules=holding) for alert in orphans]
        same: list[Same] = []
        fresh: list[Candidate] = []
        for rule in found:
            if rule.measure in answers:
                panel, mine = panels.of(rule), alive.get(rule.id, {})
                moving, staying = weighed(rule, panel, mine, at)
                moves += moving
                same += staying
                fresh += candidates(rule, panel, mine)
        changed = [moved(each, at) for each in moves]
        writes = [*changed, *self._told_anew(same, at), *_begun(session, fresh, at)]
        rows.write(session, writes)
        _count(done, writes)
        done.rules, done.series = len(found), sum(map(len, answers.values()))

    def _rules(self, session: Session, *, past: bool) -> Sequence[Rule]:
        found = self._book.rules(session)
        if not past:
            return found
        return [rule for rule in found if self._conditions[rule.measure.kind].historic]

    def _answers(
        self, session: Session, found: Sequence[Rule], at: datetime
    ) -> tuple[Answers, tuple[str, ...]]:
        """A condition that fails leaves its rules as they are, and the others alone."""
        kinds: dict[str, set[Measure]] = defaultdict(set)
        for rule in found:
            kinds[rule.measure.kind].add(rule.measure)
        look = Look(at, {each.id: each.name for each in projects.every(session)})
        answers: dict[Measure, Any] = {}
        failed: dict[str, Exception] = {}
        for kind, measures in kinds.items():
            try:
                with savepoint(session):
                    answers |= self._conditions[kind].measure(session, measures, look)
            except CAUSES as error:
                failed[kind] = error
        self._failures.tell(failed, kinds, found)
        return answers, tuple(failed)

    def _told_anew(self, same: Sequence[Same], at: datetime) -> Iterator[Write]:
        """Of those that only have another number a few: each has its turn."""
        begin = self._turn if self._turn < len(same) else 0
        for rule, alert, value in same[begin : begin + FRESH]:
            seen = rule.judge(value, active=True)
            yield moved(Move(rule, alert, Change(new=None), seen), at)
        self._turn = begin + FRESH


class _Panels:
    """The series that a rule is about, in order; made once for all rules that are about them."""

    def __init__(self, answers: Answers) -> None:
        self._answers = answers
        self._made: dict[tuple[Measure, tuple[Matcher, ...]], Panel] = {}

    def of(self, rule: Rule) -> Panel:
        key = (rule.measure, rule.where)
        if key not in self._made:
            samples = self._answers[rule.measure]
            if rule.where:
                samples = [each for each in samples if rule.matches(each.labels)]
            self._made[key] = Panel(samples)
        return self._made[key]


def missed(before: datetime, now: datetime) -> list[datetime]:
    """Ends of minutes that nobody looked at, the latest of them."""
    if now - before <= LATE:
        return []
    first = before.replace(second=0, microsecond=0) + MINUTE
    count = -((first - now) // MINUTE)
    return [first + place * MINUTE for place in range(max(count - MOST_MISSED, 0), count)]


def _claimed(session: Session, now: datetime) -> AlertClock | None:
    """None while another evaluation holds it."""
    found = session.scalar(_CLAIM)
    if found is None:
        made = insert(AlertClock).values(name=CLOCK, evaluated_at=now)
        session.execute(made.on_conflict_do_nothing())
        found = session.scalar(_CLAIM)
    return found


def _begun(session: Session, fresh: Sequence[Candidate], at: datetime) -> Iterator[Write]:
    """Each begins an episode, or goes on with one that was over a moment ago."""
    latest = {each.fingerprint: each for each in rows.latest(session, [c[4] for c in fresh])}
    fires = rows.fires(session, [each.id for each in latest.values()], since=at - FLAPS_WITHIN)
    seen: set[str] = set()
    for each in fresh:
        if each.fingerprint in seen:
            continue
        seen.add(each.fingerprint)
        last = latest.get(each.fingerprint)
        known = None if last is None else standing(last, fires=fires.get(last.id, 0))
        change = step(known, each.seen, each.rule.terms, at)
        if change is not None and change.new is not None:
            yield begun(each, last, change, at)


def _count(done: Evaluated, writes: Iterable[Write]) -> None:
    for each in writes:
        if each.told:
            state = str(State(each.values["state"]))
            done.changes[state] = done.changes.get(state, 0) + 1
