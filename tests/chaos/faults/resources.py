"""Disk and memory that run out."""

import os
import shutil
from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.fault import Fault, ImpossibleError


@dataclass(frozen=True, kw_only=True)
class DiskFull(Fault):
    """Takes that share of what is free on the small disk that the site lives on."""

    @contextmanager
    def inject(self, site, chance):
        if site.disk is None:
            raise ImpossibleError("the site has no small disk of its own; that needs root")
        ballast = site.disk / "ballast"
        size = int(shutil.disk_usage(site.disk).free * self.intensity)
        with ballast.open("wb") as file:
            os.posix_fallocate(file.fileno(), 0, size)
        try:
            yield f"{size >> 20} MB taken"
        finally:
            ballast.unlink()


@dataclass(frozen=True, kw_only=True)
class MemoryPressure(Fault):
    """Tasks in all children hold that share of the memory that a child may have."""

    @contextmanager
    def inject(self, site, chance):
        megabytes = site.hoard(self.intensity, seconds=self.duration)
        yield f"{megabytes} MB in each child"
