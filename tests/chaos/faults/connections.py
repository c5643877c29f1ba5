"""The network between the platform and its stores, through our own proxy."""

from contextlib import contextmanager
from dataclasses import dataclass

from tests.chaos.fault import Fault, ImpossibleError


def proxy_of(fault, site):
    if fault.target not in site.proxies:
        raise ImpossibleError(f"there is no proxy before {fault.target}")
    return site.proxies[fault.target]


@dataclass(frozen=True, kw_only=True)
class Reset(Fault):
    """Connections end with a reset, and for the time new ones do at once."""

    @contextmanager
    def inject(self, site, chance):
        proxy = proxy_of(self, site)
        count = proxy.reset(self.intensity)
        try:
            yield f"reset {count} connections"
        finally:
            proxy.heal()


@dataclass(frozen=True, kw_only=True)
class Latency(Fault):
    """Every byte comes `seconds` late."""

    seconds: float = 0.2

    @contextmanager
    def inject(self, site, chance):
        proxy = proxy_of(self, site)
        proxy.delay(self.seconds, self.intensity)
        try:
            yield f"{self.seconds} s late"
        finally:
            proxy.heal()


@dataclass(frozen=True, kw_only=True)
class BlackHole(Fault):
    """Nothing arrives any more and nobody is told: what a cut cable or a lost host looks like.

    Bytes under way arrive when it is over, as a network sends again what was not acknowledged.
    """

    @contextmanager
    def inject(self, site, chance):
        proxy = proxy_of(self, site)
        count = proxy.swallow(self.intensity)
        try:
            yield f"swallows {count} connections and {self.intensity:.0%} of new ones"
        finally:
            proxy.heal()
