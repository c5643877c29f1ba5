"""Alerts in memory, judged and changed by the decisions that change the rows, look by look."""

from collections import defaultdict, deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from core.alerts.condition import Answers
from core.alerts.panel import Panel
from core.alerts.rows import begun, moved
from core.alerts.rule import Rule
from core.alerts.state import ACTIVE, FLAPS_WITHIN, State, step
from core.alerts.weighing import Candidate, candidates, standing, weighed
from core.model import Alert
from core.store.alerts import Write


@dataclass(frozen=True, slots=True)
class Happened:
    """A change of state that others would have heard of."""

    rule: Rule
    alert: Alert
    old: str | None
    new: str
    reason: str
    at: datetime

    @property
    def fires(self) -> bool:
        """It began to fire, and had not done so before."""
        return self.new == State.FIRING and self.old not in ACTIVE


@dataclass(slots=True)
class Stage:
    """Alerts of every rule by its `id`; `latest` knows the newest episode of each series."""

    alive: dict[int, list[Alert]] = field(default_factory=lambda: defaultdict(list))
    latest: dict[str, Alert] = field(default_factory=dict)
    fired: dict[int, deque[datetime]] = field(default_factory=lambda: defaultdict(deque))
    count: int = 0

    def judge(self, rules: Sequence[Rule], answers: Answers, at: datetime) -> list[Happened]:
        return [
            each
            for rule in rules
            if rule.measure in answers
            for each in self._judge(rule, answers, at)
        ]

    def _judge(self, rule: Rule, answers: Answers, at: datetime) -> list[Happened]:
        panel = Panel([each for each in answers[rule.measure] if rule.matches(each.labels)])
        mine = {rule.series(alert.labels): alert for alert in self.alive[rule.id]}
        moves, _ = weighed(rule, panel, mine, at)
        fresh = list(candidates(rule, panel, mine))
        happened = [
            each
            for move in moves
            if isinstance(move.alert, Alert)
            for each in self._apply(rule, move.alert, moved(move, at))
        ]
        happened += [each for one in fresh for each in self._begin(rule, one, at)]
        self.alive[rule.id] = [each for each in self.alive[rule.id] if _lives(each)]
        return happened

    def _begin(self, rule: Rule, candidate: Candidate, at: datetime) -> Iterator[Happened]:
        last = self.latest.get(candidate.fingerprint)
        known = None if last is None else standing(last, fires=self._fires(last, at))
        change = step(known, candidate.seen, rule.terms, at)
        if change is None or change.new is None:
            return
        write = begun(candidate, last, change, at)
        alert = last if write.id is not None else None
        if alert is None:
            self.count += 1
            alert = Alert(id=self.count, state=None, flapping=False, dismissed=False, escalation=0)
        if alert not in self.alive[rule.id]:
            self.alive[rule.id].append(alert)
        self.latest[candidate.fingerprint] = alert
        yield from self._apply(rule, alert, write)

    def _fires(self, alert: Alert, at: datetime) -> int:
        """How often it began to fire lately."""
        moments = self.fired[alert.id]
        while moments and moments[0] <= at - FLAPS_WITHIN:
            moments.popleft()
        return len(moments)

    def _apply(self, rule: Rule, alert: Alert, write: Write) -> Iterator[Happened]:
        old = alert.state
        for name, value in write.values.items():
            setattr(alert, name, value)
        if not write.told:
            return
        told = Happened(rule, alert, old, alert.state, alert.reason, write.at)
        if told.fires:
            self.fired[alert.id].append(write.at)
        yield told


def _lives(alert: Alert) -> bool:
    return alert.dismissed or (alert.resolved_at is None and alert.state != State.INACTIVE)
