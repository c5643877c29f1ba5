"""Counts of what was refused or passed over, kept in memory until they are posted."""

from collections import Counter
from collections.abc import Callable
from datetime import date

from core.clock import Clock
from core.store.books import UNKNOWN_PROJECT, Account, BookLine

Observer = Callable[[Account, str, int], None]


def _nobody(_account: Account, _reason: str, _count: int) -> None:
    return


class Tally:
    """`observe` hears of each count at once, for metrics."""

    def __init__(self, clock: Clock, observe: Observer = _nobody) -> None:
        self._clock = clock
        self._observe = observe
        self._counts: Counter[tuple[date, int, Account, str]] = Counter()

    def rejected(self, reason: str, project_id: int | None = None, count: int = 1) -> None:
        self._add(Account.REJECTED, reason, project_id, count)

    def skipped(self, kind: str, project_id: int, count: int = 1) -> None:
        self._add(Account.SKIPPED, kind, project_id, count)

    def _add(self, account: Account, reason: str, project_id: int | None, count: int) -> None:
        day = self._clock.now().date()
        self._counts[day, project_id or UNKNOWN_PROJECT, account, reason] += count
        self._observe(account, reason, count)

    def take(self) -> list[BookLine]:
        """What was counted since the last time; the caller posts it or gives it back."""
        counts, self._counts = self._counts, Counter()
        return [BookLine(*key, count=count) for key, count in counts.items()]

    def give_back(self, lines: list[BookLine]) -> None:
        for line in lines:
            key = (line.day, line.project_id, Account(line.account), line.reason)
            self._counts[key] += line.count
