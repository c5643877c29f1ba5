"""What to crop next so that events fit their budgets: the least valuable of the oldest first.

Levels of a day, from whole to gone; of what is no turning point, nor first or last of its issue on
that day, nor told of by a recovery, nor kept by people, each level leaves fewer an issue.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from typing import Final


class Level(IntEnum):
    WHOLE = 0
    NOISE = 1
    REPEATS = 2
    TURNING_POINTS = 3
    KEPT = 4


# How many events of an issue and day stay besides those that are worth more than the others.
REPEATS_LEFT: Final[Mapping[Level, int]] = {
    Level.NOISE: 100,
    Level.REPEATS: 10,
    Level.TURNING_POINTS: 0,
    Level.KEPT: 0,
}


@dataclass(frozen=True, slots=True)
class DaySize:
    """What a project has in the partition of a day."""

    day: date
    project_id: int
    bytes: int
    level: Level = Level.WHOLE


@dataclass(frozen=True, slots=True, kw_only=True)
class Budgets:
    """Bytes and days; a project that is not named has `each` and no days of its own."""

    each: int | None = None
    total: int | None = None
    of: Mapping[int, int]
    days: Mapping[int, int]

    def of_project(self, project_id: int) -> int | None:
        return self.of.get(project_id, self.each)


@dataclass(frozen=True, slots=True)
class Crop:
    """In one day's partition, these projects come down to these levels."""

    day: date
    levels: Mapping[int, Level]


def expired(sizes: Sequence[DaySize], budgets: Budgets, today: date) -> list[Crop]:
    """Days that are over for projects which keep theirs shorter than all others."""
    found: dict[date, dict[int, Level]] = {}
    for size in sizes:
        days = budgets.days.get(size.project_id)
        if days is not None and (today - size.day).days > days and size.level < Level.KEPT:
            found.setdefault(size.day, {})[size.project_id] = Level.KEPT
    return [Crop(day, levels) for day, levels in sorted(found.items())]


def over(sizes: Sequence[DaySize], budgets: Budgets) -> dict[int, int]:
    """Bytes too many, by project. What all together have too many is the largest project's."""
    used: dict[int, int] = {}
    for size in sizes:
        used[size.project_id] = used.get(size.project_id, 0) + size.bytes
    found = {}
    for project_id, taken in used.items():
        budget = budgets.of_project(project_id)
        if budget is not None and taken > budget:
            found[project_id] = taken - budget
    rest = 0 if budgets.total is None else sum(used.values()) - budgets.total - sum(found.values())
    if rest > 0:
        largest = max(used, key=lambda each: used[each] - found.get(each, 0))
        found[largest] = found.get(largest, 0) + rest
    return found


def next_crop(
    sizes: Sequence[DaySize], too_many: Collection[int], *, today: date, tried: Collection[Crop]
) -> Crop | None:
    """One level for the oldest day that has not reached it; the day of today is left alone."""
    closed = sorted(
        (s for s in sizes if s.project_id in too_many and s.day < today), key=lambda s: s.day
    )
    for level in list(Level)[1:]:
        for day in dict.fromkeys(size.day for size in closed):
            levels = {s.project_id: level for s in closed if s.day == day and s.level < level}
            crop = Crop(day, levels)
            if levels and crop not in tried:
                return crop
    return None
