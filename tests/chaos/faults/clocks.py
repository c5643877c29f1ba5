"""Clocks that jump, through a small library that is loaded before all others: see clock.c."""

from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.fault import Fault, ImpossibleError


@dataclass(frozen=True, kw_only=True)
class ClockJump(Fault):
    """The wall clock of the site's processes is `seconds` off; the monotonic one runs on."""

    seconds: int = 3600

    @contextmanager
    def inject(self, site, chance):
        if site.clock is None:
            raise ImpossibleError("the site runs without a clock that can be set")
        site.clock.set(self.seconds)
        try:
            yield f"{self.seconds:+} s"
        finally:
            site.clock.set(0)
