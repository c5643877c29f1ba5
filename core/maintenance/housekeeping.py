"""When a job of the house may run: pure rules, so that it never stands in anybody's way.

1. Heavy jobs start within the window, if there is one, and one at a time.
2. While work of the platform is behind, they wait; what is short of room does not.
3. Whoever has waited as long as patience lasts runs, whatever the load; never beside another
   heavy one.
"""

from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Final

from core.errors import Category, ConfigurationError, DependencyError

ASK_AGAIN: Final = 120.0


class PostponedError(DependencyError):
    """The job waits for a better time; nothing was done, and it will be asked again."""

    code = "ML-MAINT-0001"
    category = Category.UNAVAILABLE


@dataclass(frozen=True, slots=True)
class Window:
    """From a time of the day to another one in UTC; over midnight where the end comes first."""

    begin: time
    end: time

    @classmethod
    def parse(cls, text: str) -> "Window | None":
        """`22:00-05:30`; none for nothing."""
        if not text.strip():
            return None
        begin, _, end = text.partition("-")
        try:
            found = cls(time.fromisoformat(begin.strip()), time.fromisoformat(end.strip()))
        except ValueError as error:
            raise _unreadable(text) from error
        if found.begin.tzinfo or found.end.tzinfo:
            raise _unreadable(text)
        return found

    def opens_in(self, now: datetime) -> float:
        """Seconds until the window is open; 0 while it is."""
        at = now.astimezone(UTC)
        clock = at.time().replace(tzinfo=None)
        over_midnight = self.end <= self.begin
        inside = (
            clock >= self.begin or clock < self.end
            if over_midnight
            else self.begin <= clock < self.end
        )
        if inside:
            return 0.0
        opening = datetime.combine(at.date(), self.begin, UTC)
        return ((opening if opening > at else opening + timedelta(days=1)) - at).total_seconds()


def _unreadable(text: str) -> ConfigurationError:
    return ConfigurationError(
        f"The maintenance window {text!r} is not of the form 22:00-05:30, in UTC."
    )


@dataclass(frozen=True, slots=True)
class Chore:
    """`amount` is the field of the result that tells how much was done."""

    job: str
    heavy: bool = False
    amount: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """`behind` is the age in seconds of waiting work from which on heavy jobs wait, too."""

    window: Window | None = None
    behind: float = 60.0
    patience: timedelta = timedelta(hours=6)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """`waiting` is the age of the oldest work of the platform, `urgent` that room is short."""

    now: datetime
    asked_at: datetime
    waiting: float = 0.0
    busy: bool = False
    urgent: bool = False
    asked_for: bool = False


@dataclass(frozen=True, slots=True)
class Wait:
    reason: str
    seconds: float


def judge(chore: Chore, rules: Rules, found: Circumstances) -> Wait | None:
    """None: it may run now."""
    if not chore.heavy:
        return None
    if found.busy:
        return Wait("another heavy job is running", ASK_AGAIN)
    if found.urgent or found.asked_for:
        return None
    closed = rules.window.opens_in(found.now) if rules.window else 0.0
    if closed:
        return Wait("the maintenance window is closed", closed)
    tired = found.now - found.asked_at >= rules.patience
    if found.waiting >= rules.behind and not tired:
        return Wait(f"work has been waiting for {found.waiting:.0f} s", ASK_AGAIN)
    return None
