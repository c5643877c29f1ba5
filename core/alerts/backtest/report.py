"""What a back-test found: every episode with what became of it, and the sums."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Final

from core.alerts.backtest.rehearsal import Said
from core.alerts.trace import Step


class Verdict(StrEnum):
    """What became of an alert that fired.

    `throttled`: its channels had been told of it a short time ago. `over`: it was gone before
    anybody was told. `waiting`: nothing was decided by the end.
    """

    TOLD = "told"
    DIGEST = "digest"
    SILENCED = "silenced"
    INHIBITED = "inhibited"
    MUTED = "muted"
    THROTTLED = "throttled"
    WAITING = "waiting"
    OVER = "over"


_STRONGEST_FIRST: Final = (
    (Step.NOTIFIED, Verdict.TOLD),
    (Step.BUDGET, Verdict.DIGEST),
    (Step.SILENCED, Verdict.SILENCED),
    (Step.INHIBITED, Verdict.INHIBITED),
    (Step.MUTED, Verdict.MUTED),
    (Step.THROTTLED, Verdict.THROTTLED),
)


@dataclass(slots=True)
class Episode:
    """One time that an alert fired. `why` is the reason in words."""

    rule: str
    labels: Mapping[str, str]
    severity: str
    value: float | None
    fired_at: datetime
    why: str
    alert_id: int
    over_at: datetime | None = None
    steps: dict[Step, str] = field(default_factory=dict)

    @property
    def verdict(self) -> Verdict:
        order = list(self.steps)
        if {Step.BUDGET, Step.NOTIFIED} <= self.steps.keys():
            late = order.index(Step.BUDGET) < order.index(Step.NOTIFIED)
            return Verdict.DIGEST if late else Verdict.TOLD
        for step, verdict in _STRONGEST_FIRST:
            if step in self.steps:
                return verdict
        return Verdict.OVER if self.over_at is not None else Verdict.WAITING

    @property
    def reason(self) -> str:
        """Of the verdict."""
        return next((self.steps[step] for step, _ in _STRONGEST_FIRST if step in self.steps), "")

    def hear(self, said: Said) -> None:
        if self.over_at is not None and said.at > self.over_at:
            return
        for each in said.decided:
            if each.alert_id == self.alert_id:
                self.steps.setdefault(each.step, each.reason)


@dataclass(frozen=True, slots=True)
class Report:
    """`known_since`: before that there was nothing to look at. `failed`: kinds and why."""

    since: datetime
    until: datetime
    looks: int
    rules: tuple[str, ...]
    episodes: Sequence[Episode]
    notifications: Mapping[str, int]
    incidents: int
    known_since: datetime | None = None
    skipped: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()

    @property
    def fired(self) -> int:
        return len(self.episodes)

    @property
    def verdicts(self) -> Mapping[str, int]:
        found = Counter(str(each.verdict) for each in self.episodes)
        return {str(each): found[each] for each in Verdict if found[each]}

    @property
    def heard(self) -> int:
        """How many of them somebody would have been told of."""
        return sum(each.verdict in {Verdict.TOLD, Verdict.DIGEST} for each in self.episodes)

    def by_rule(self) -> Mapping[str, Counter[str]]:
        found = {name: Counter[str]() for name in self.rules}
        for each in self.episodes:
            found[each.rule].update(("fired", str(each.verdict)))
        return found

    def sentence(self, *, silences: int) -> str:
        """As people ask for it: 14 times in 7 days, 3 with this silence."""
        told = f"Would have fired {_times(self.fired)} in {_days(self.until - self.since)}"
        if silences:
            which = "this silence" if silences == 1 else f"these {silences} silences"
            return f"{told}; {self.heard} told with {which}."
        return f"{told}; {self.heard} told."


def notifications(said: Iterable[Said]) -> dict[str, int]:
    """By channel."""
    return dict(Counter(each.channel for one in said for each in one.wanted))


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count} times")


def _days(span: timedelta) -> str:
    if span >= timedelta(days=2):
        return f"{span / timedelta(days=1):.3g} days"
    return f"{span / timedelta(hours=1):.3g} hours"
