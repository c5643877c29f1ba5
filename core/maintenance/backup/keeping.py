"""Which backups stay: the last of each day, week and month, within a budget of bytes."""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class Kept:
    """A backup as far as its staying goes."""

    name: str
    taken_at: datetime
    bytes: int
    proven: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """How many days, weeks and months are covered; `most_bytes` 0 is no budget."""

    last: int = 3
    daily: int = 7
    weekly: int = 4
    monthly: int = 12
    most_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Pruning:
    keep: tuple[Kept, ...]
    remove: tuple[Kept, ...]


def choose(backups: Iterable[Kept], rule: Rule) -> Pruning:
    """Newest first.

    1. The last few stay, and the newest of each day, week and month; a proven one covers its
       period before one that is not.
    2. Above the budget the oldest go, until the rest fits. The newest one and the newest proven one
       stay whatever they weigh: a budget must not leave nothing to restore from.
    """
    ordered = sorted(backups, key=lambda each: (each.taken_at, each.name), reverse=True)
    wanted = {each.name for each in ordered[: rule.last]}
    for count, period in _periods(rule):
        wanted |= {each.name for each in _covering(ordered, count, period)}
    safe = _safe(ordered)
    kept = _within([each for each in ordered if each.name in wanted | safe], rule, safe)
    names = {each.name for each in kept}
    return Pruning(tuple(kept), tuple(each for each in ordered if each.name not in names))


def _periods(rule: Rule) -> list[tuple[int, Callable[[datetime], Hashable]]]:
    return [
        (rule.daily, lambda at: at.date()),
        (rule.weekly, lambda at: at.isocalendar()[:2]),
        (rule.monthly, lambda at: (at.year, at.month)),
    ]


def _covering(
    ordered: Sequence[Kept], count: int, period: Callable[[datetime], Hashable]
) -> list[Kept]:
    found: dict[Hashable, Kept] = {}
    for each in ordered:
        key = period(each.taken_at)
        if key not in found and len(found) >= count:
            break
        if key not in found or (each.proven and not found[key].proven):
            found[key] = each
    return list(found.values())


def _safe(ordered: Sequence[Kept]) -> set[str]:
    proven = [each.name for each in ordered if each.proven]
    return {each.name for each in ordered[:1]} | set(proven[:1])


def _within(ordered: list[Kept], rule: Rule, safe: set[str]) -> list[Kept]:
    kept, total = list(ordered), sum(each.bytes for each in ordered)
    for each in reversed(ordered):
        if not rule.most_bytes or total <= rule.most_bytes:
            break
        if each.name not in safe:
            kept.remove(each)
            total -= each.bytes
    return kept
