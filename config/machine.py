"""What this host lets us have of memory and processors, and how much of it is in use.

A container sees the numbers of the whole host; its control group knows what is its own.
"""

import os
from collections.abc import Callable
from dataclasses import dataclass
from math import ceil
from pathlib import Path
from typing import Final

import psutil

from config.settings import Settings
from core.resilience.watermarks import Level, Watermarks

CGROUPS: Final = Path("/sys/fs/cgroup")
OWN_CGROUP: Final = Path("/proc/self/cgroup")


@dataclass(frozen=True, slots=True)
class Memory:
    limit: int
    used: int

    @property
    def share(self) -> float:
        return self.used / self.limit if self.limit else 0.0


def watermarks(settings: Settings) -> Watermarks:
    return Watermarks(settings.memory_high, settings.memory_critical)


def memory(cgroup: Path | None = None) -> Memory:
    """Of the host, or of the control group where that has less left."""
    host = psutil.virtual_memory()
    whole = Memory(host.total, host.total - host.available)
    ours = _limited(cgroup or own_cgroup())
    return max(whole, ours, key=lambda each: each.share) if ours else whole


def _limited(cgroup: Path) -> Memory | None:
    """What is cached of files counts as free: the kernel takes it back when it is needed."""
    limit = _number(cgroup / "memory.max")
    used = _number(cgroup / "memory.current")
    if limit is None or used is None:
        return None
    return Memory(limit, max(used - _cached(cgroup / "memory.stat"), 0))


def _cached(file: Path) -> int:
    lines = (line.partition(" ") for line in _text(file).splitlines())
    return next((int(value) for name, _, value in lines if name == "inactive_file"), 0)


def processors(cgroup: Path | None = None) -> int:
    """Those that we may run on, at most what a quota pays for."""
    ours = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    quota, _, period = _text((cgroup or own_cgroup()) / "cpu.max").strip().partition(" ")
    paid = ceil(int(quota) / int(period)) if quota.isdigit() and period.isdigit() else None
    return max(min(ours or 1, paid or ours or 1), 1)


def own_cgroup() -> Path:
    """Of version 2; where there is another one, its files are simply missing."""
    line = next((each for each in _text(OWN_CGROUP).splitlines() if each.startswith("0::")), "0::/")
    inside = CGROUPS / line.removeprefix("0::").lstrip("/")
    return inside if (inside / "memory.max").exists() else CGROUPS


def _number(file: Path) -> int | None:
    text = _text(file).strip()
    return int(text) if text.isdigit() else None


def _text(file: Path) -> str:
    try:
        return file.read_text()
    except OSError:
        return ""


def processors_used() -> float:
    """The share of the host's that was in use since the last call."""
    return psutil.cpu_percent(interval=None) / 100


class Watch:
    """Tells whether memory is critically short; calls `relieve` when it begins to be short."""

    def __init__(
        self,
        marks: Watermarks,
        relieve: Callable[[], object],
        *,
        look: Callable[[], Memory] | None = None,
    ) -> None:
        self._marks = marks
        self._relieve = relieve
        self._look = look or memory
        self._level = Level.EASY

    def __call__(self) -> bool:
        before, self._level = self._level, self._marks.level(self._look().share, self._level)
        if before is Level.EASY < self._level:
            self._relieve()
        return self._level is Level.CRITICAL


@dataclass(frozen=True, slots=True)
class Resident:
    """Bytes: all that a process has in memory, and its part of what it shares with others."""

    rss: int = 0
    pss: int = 0

    def __add__(self, other: "Resident") -> "Resident":
        return Resident(self.rss + other.rss, self.pss + other.pss)


def resident(pid: int) -> Resident:
    """Nothing of a process that has ended."""
    lines = _text(Path(f"/proc/{pid}/smaps_rollup")).splitlines()
    found = {name: rest.split()[0] for name, _, rest in (line.partition(":") for line in lines[1:])}
    if {"Rss", "Pss"} <= found.keys():
        return Resident(int(found["Rss"]) * 1024, int(found["Pss"]) * 1024)
    try:
        rss = psutil.Process(pid).memory_info().rss
    except psutil.Error:
        return Resident()
    return Resident(rss, rss)
