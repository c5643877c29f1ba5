"""Disk and memory that run out."""

import os
import shutil
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from tests.chaos.fault import Fault, ImpossibleError

# Memory is the host's once it was written to; in parts, so that the load goes on beside it.
PAGE = 4096
PART = 16 * 2**20


@dataclass(frozen=True, kw_only=True)
class DiskFull(Fault):
    """Takes that share of what is free on the small disk that the site lives on."""

    @contextmanager
    def inject(self, site, chance):
        if site.disk is None:
            raise ImpossibleError("the site has no small disk of its own; that needs root")
        ballast = site.disk / "ballast"
        with ballast.open("wb") as file:
            size = self._taken(site.disk, file.fileno())
        try:
            yield f"{size >> 20} MB taken"
        finally:
            ballast.unlink()

    def _taken(self, disk, file):
        """Others write meanwhile: there may be less room by now than there was."""
        while size := int(shutil.disk_usage(disk).free * self.intensity):
            with suppress(OSError):
                os.posix_fallocate(file, 0, size)
                return size
        return 0


@dataclass(frozen=True, kw_only=True)
class MemoryPressure(Fault):
    """Something else on the host takes that share of the memory that the site may still have."""

    @contextmanager
    def inject(self, site, chance):
        if not site.spare_memory:
            raise ImpossibleError("the site's memory was not measured, or there is too little")
        parts = int(site.spare_memory * self.intensity) // PART
        ballast = [_used() for _ in range(parts)]
        yield f"{parts * PART >> 20} MB taken"
        del ballast


def _used():
    part = bytearray(PART)
    part[::PAGE] = b"x" * (PART // PAGE)
    return part
