"""Whether the children of a pool leak: how their memory grows with the tasks they have done."""

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import groupby
from typing import Final

# A child fills its caches at first; only what comes after that may be a leak.
WARM_UP_TASKS: Final = 200
LEAST_TASKS: Final = 2_000
THOUSAND: Final = 1_000


@dataclass(frozen=True, slots=True, order=True)
class Sample:
    """A child's memory after so many tasks."""

    child: int
    tasks: int
    bytes: int


def slope(samples: Iterable[Sample]) -> float | None:
    """Bytes for each 1,000 tasks, over all children by least squares; none while too few are known.

    Each child has a level of its own, so every line is centred on its own means.
    """
    warm = sorted(each for each in samples if each.tasks >= WARM_UP_TASKS)
    covered = square = product = 0.0
    for _, found in groupby(warm, key=lambda sample: sample.child):
        line = list(found)
        tasks = sum(each.tasks for each in line) / len(line)
        level = sum(each.bytes for each in line) / len(line)
        square += sum((each.tasks - tasks) ** 2 for each in line)
        product += sum((each.tasks - tasks) * (each.bytes - level) for each in line)
        covered += line[-1].tasks - line[0].tasks
    return THOUSAND * product / square if covered >= LEAST_TASKS and square else None
