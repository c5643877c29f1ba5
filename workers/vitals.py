"""What an agent measures of its pool and its host: counts, memory, leaks, shortness of memory."""

from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from config import machine
from config.machine import Memory, Resident
from core.fleet import leaks
from core.fleet.leaks import Sample
from core.resilience.watermarks import Level, Watermarks
from workers.exchange import Told

# Memory of a process costs the kernel a walk over its pages, so it is not read at each beat.
EVERY: Final = 10
SAMPLES: Final = 120
MEGABYTE: Final = 2**20
LEAK_BYTES: Final = 10 * MEGABYTE


@dataclass(frozen=True, slots=True)
class Sizes:
    """`child` is what a child takes on average; `mains` the main processes, by name."""

    total: Resident = field(default_factory=Resident)
    child: int = 0
    mains: Mapping[str, int] = field(default_factory=dict)


class Vitals:
    def __init__(self, marks: Watermarks) -> None:
        self._marks = marks
        self._beats = 0
        self._counts: dict[str, tuple[int, int]] = {}
        self._samples: dict[int, deque[Sample]] = defaultdict(lambda: deque(maxlen=SAMPLES))
        self.finished = 0
        self.level = Level.EASY
        self.sizes = Sizes()
        self.memory = Memory(0, 0)
        self.processors_used = 0.0

    def measure(self, told: Mapping[str, Told]) -> None:
        """Once a beat."""
        self._count(told)
        self.memory = machine.memory()
        self.processors_used = machine.processors_used()
        self.level = self._marks.level(self.memory.share, self.level)
        if self._beats % EVERY == 0:
            self._weigh(told)
        self._beats += 1

    def _count(self, told: Mapping[str, Told]) -> None:
        """A process counts from nothing after each start; the pool goes on."""
        for name, each in told.items():
            pid, before = self._counts.get(name, (each.pid, 0))
            self.finished += each.finished - (before if pid == each.pid else 0)
            self._counts[name] = (each.pid, each.finished)

    def _weigh(self, told: Mapping[str, Told]) -> None:
        mains = {name: machine.resident(each.pid) for name, each in told.items()}
        children: dict[int, Resident] = {}
        for each in told.values():
            for pid, tasks in each.tasks.items():
                children[pid] = size = machine.resident(pid)
                if size.rss:
                    self._samples[pid].append(Sample(pid, tasks, size.rss))
        for pid in self._samples.keys() - children.keys():
            del self._samples[pid]
        parts = [size.pss for size in children.values() if size.pss]
        self.sizes = Sizes(
            total=sum((*mains.values(), *children.values()), Resident()),
            child=sum(parts) // len(parts) if parts else 0,
            mains={name: size.rss for name, size in mains.items()},
        )

    @property
    def leak(self) -> float | None:
        """Bytes that a child grows by in 1,000 tasks, once enough tasks were done to tell."""
        return leaks.slope(self._all_samples())

    @property
    def leaks(self) -> bool:
        return (self.leak or 0.0) >= LEAK_BYTES

    def _all_samples(self) -> Iterable[Sample]:
        return (sample for line in self._samples.values() for sample in line)

    def detail(self) -> dict[str, Any]:
        leak = self.leak
        return {
            "finished": self.finished,
            "rss_bytes": self.sizes.total.rss,
            "pss_bytes": self.sizes.total.pss,
            "child_bytes": self.sizes.child,
            "leak_bytes_per_1000_tasks": None if leak is None else round(leak),
            "leaks": self.leaks,
            "machine": {
                "memory_bytes": self.memory.limit,
                "memory_used_bytes": self.memory.used,
                "memory": self.level.word,
                "processors": machine.processors(),
                "processors_used": round(self.processors_used, 3),
            },
        }
