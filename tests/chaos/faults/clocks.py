"""Clocks that jump, through libfaketime where it is installed."""

from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.fault import Fault, ImpossibleError


@dataclass(frozen=True, kw_only=True)
class ClockJump(Fault):
    """The wall clock of the site's processes is `seconds` off; the monotonic one runs on."""

    seconds: float = 3600.0

    @contextmanager
    def inject(self, site, chance):
        if site.clock is None:
            raise ImpossibleError("libfaketime is not installed, or the site runs without it")
        site.clock.write_text(f"{self.seconds:+.0f}")
        try:
            yield f"{self.seconds:+.0f} s"
        finally:
            site.clock.write_text("+0")
