"""Plays rules over stored days: the same questions, judgements and flushes, on a clock of its own.

1. Conditions look at each moment in turn, as they would have then; a lead before it lets them
   learn and lets alerts that were on already begin.
2. Alerts live in memory, and so does all that is remembered: nothing is written.
3. Each firing is an episode; what the flushes decide about its alert is what became of it.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sqlalchemy import text
from sqlalchemy.orm import Session

from core.alerts.backtest.rehearsal import Rehearsal, Said
from core.alerts.backtest.report import Episode, Report, notifications
from core.alerts.backtest.stage import Happened, Stage
from core.alerts.condition import Answers, Condition, Look, Measure, Sample
from core.alerts.conditions import rehearsing
from core.alerts.failures import CAUSES
from core.alerts.route import Plan
from core.alerts.rule import Rule
from core.alerts.silence import Silence
from core.alerts.state import ACTIVE
from core.errors import UnprocessableError
from core.store import projects
from core.store.engine import savepoint

MINUTE: Final = timedelta(minutes=1)
LEAD: Final = timedelta(hours=1)
MOST_LOOKS: Final = 50_000
MOST_RULES: Final = 200

_KNOWN_SINCE: Final = text("""
    SELECT min(least(component, issue)) FROM (
        SELECT (SELECT min(minute) FROM component_minutes WHERE resolution = 60) AS component,
            (SELECT min(minute) FROM issue_minutes WHERE resolution = 60) AS issue
    ) AS both_""")


class BacktestError(UnprocessableError):
    """This cannot be played."""

    code = "ML-VAL-0074"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """`silences` hold as if somebody had made them; those of today are not asked."""

    rules: Sequence[Rule]
    since: datetime
    until: datetime
    plan: Plan
    silences: Sequence[Silence] = ()
    step: timedelta = MINUTE

    def check(self) -> None:
        if not self.rules:
            raise BacktestError("There is no rule to play.")
        if len(self.rules) > MOST_RULES:
            raise BacktestError(f"These are more than {MOST_RULES} rules; play them in parts.")
        if self.step < timedelta(seconds=1) or self.since >= self.until:
            raise BacktestError("The time to play is empty: 'since' has to be before 'until'.")
        if self.since - datetime.min.replace(tzinfo=self.since.tzinfo) < LEAD:
            raise BacktestError("The time to play begins before anything can have been stored.")
        looks = round((self.until - self.since) / self.step)
        if looks > MOST_LOOKS:
            raise BacktestError(
                f"That is {looks} looks, and {MOST_LOOKS} are allowed; take a longer step or less "
                f"time."
            )


def play(session: Session, asked: Asked) -> Report:
    """Reads only: whatever a condition does, PostgreSQL lets nothing be written."""
    asked.check()
    session.execute(text("SET TRANSACTION READ ONLY"))
    # Rules of a file have no number yet; alerts belong to one all the same.
    rules = [replace(rule, id=number) for number, rule in enumerate(asked.rules, 1)]
    return _Play(session, replace(asked, rules=rules)).report()


class _Play:
    def __init__(self, session: Session, asked: Asked) -> None:
        self._session = session
        self._asked = asked
        self._conditions: Mapping[str, Condition] = rehearsing()
        self._stage = Stage()
        self._rehearsal = Rehearsal(asked.plan, asked.silences)
        self._projects = {each.id: each.name for each in projects.every(session)}
        self._rules = [r for r in asked.rules if self._conditions[r.measure.kind].historic]
        self._measures: dict[str, set[Measure]] = defaultdict(set)
        for rule in self._rules:
            self._measures[rule.measure.kind].add(rule.measure)
        self._failed: dict[str, str] = {}
        self._open: dict[int, Episode] = {}
        self._episodes: list[Episode] = []
        self._said: list[Said] = []

    def report(self) -> Report:
        asked, looks = self._asked, 0
        at = asked.since - min(LEAD, asked.until - asked.since)
        while at <= asked.until:
            self._look(at)
            looks += at >= asked.since
            at += asked.step
        skipped = {rule.name for rule in asked.rules} - {rule.name for rule in self._rules}
        return Report(
            since=asked.since,
            until=asked.until,
            looks=looks,
            rules=tuple(rule.name for rule in self._rules),
            episodes=self._episodes,
            notifications=notifications(self._said),
            incidents=self._rehearsal.incidents,
            known_since=self._session.scalar(_KNOWN_SINCE),
            skipped=tuple(sorted(skipped)),
            failed=tuple(f"{kind}: {why}" for kind, why in self._failed.items()),
        )

    def _look(self, at: datetime) -> None:
        happened = self._stage.judge(self._rules, self._answers(at), at)
        self._rehearsal.hear(happened, at)
        for each in happened:
            self._note(each)
        for said in self._rehearsal.tell(at):
            if said.at >= self._asked.since:
                self._said.append(said)
            for number in {each.alert_id for each in said.decided}:
                if number in self._open:
                    self._open[number].hear(said)

    def _note(self, each: Happened) -> None:
        """Episodes that began before the time that was asked for are not counted."""
        alert = each.alert
        if each.fires and each.at >= self._asked.since:
            labels = {name: str(value) for name, value in alert.labels.items()}
            told = Episode(
                each.rule.name, labels, alert.severity, alert.value, each.at, each.reason, alert.id
            )
            self._open[alert.id] = told
            self._episodes.append(told)
        elif each.new not in ACTIVE and alert.id in self._open:
            self._open[alert.id].over_at = each.at

    def _answers(self, at: datetime) -> Answers:
        """A condition that fails is not asked again."""
        look = Look(at, self._projects)
        answers: dict[Measure, Sequence[Sample]] = {}
        for kind, measures in self._measures.items():
            if kind in self._failed:
                continue
            try:
                with savepoint(self._session):
                    answers |= self._conditions[kind].measure(self._session, measures, look)
            except CAUSES as error:
                self._failed[kind] = str(error)
        return answers
