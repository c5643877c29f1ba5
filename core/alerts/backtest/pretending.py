"""Silences as if they had held while a back-test plays."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from core.alerts.backtest.play import BacktestError
from core.alerts.matcher import Matcher
from core.alerts.silence import ENDLESS, Ends, Scope, Silence, Window

# Between two matchers; a comma inside of a value is none.
_BETWEEN: Final = re.compile(r",\s*(?=[A-Za-z_][A-Za-z0-9_.-]*\s*(?:=~|!~|!=|=))")


@dataclass(frozen=True, slots=True, kw_only=True)
class Pretended:
    """`subject` names the rule or the channel where `scope` is one of them."""

    scope: Scope = Scope.LABELS
    subject: str = ""
    matchers: tuple[Matcher, ...] = ()
    window: Window | None = None
    since: datetime | None = None
    until: datetime | None = None

    def check(self) -> None:
        if self.scope in {Scope.RULE, Scope.CHANNEL} and not self.subject:
            raise BacktestError(f"Which {self.scope} the silence is about is not said.")
        if self.scope is Scope.LABELS and not self.matchers:
            raise BacktestError("A silence without matchers covers all; name one, as in a=b.")


def matchers(written: str) -> tuple[Matcher, ...]:
    """`component=shop, severity=~"low|info"`."""
    return tuple(Matcher.parse(each) for each in _BETWEEN.split(written.strip(", ")))


def silences(wanted: Sequence[Pretended], *, since: datetime) -> tuple[Silence, ...]:
    found = []
    for number, each in enumerate(wanted, 1):
        each.check()
        begun = each.since or since
        made = Silence(
            id=number,
            scope=each.scope,
            subject=each.subject,
            matchers=each.matchers,
            author="back-test",
            reason="as if it had held",
            created_at=begun,
            starts_at=begun,
            ends=Ends(at=each.until) if each.until else ENDLESS,
            window=each.window,
        )
        found.append(made)
    return tuple(found)


def always(known: Sequence[Silence], *, since: datetime, begun: int) -> tuple[Silence, ...]:
    """Those of today, as if they had held all the time; their windows stay."""
    return tuple(
        replace(each, id=begun + place, starts_at=since, created_at=since, ends=ENDLESS)
        for place, each in enumerate(known, 1)
    )
