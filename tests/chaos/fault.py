"""What every fault is: a value that says whom it hits, how hard and for how long."""

from abc import ABC, abstractmethod
from dataclasses import dataclass

from tests.chaos.targets import Target


class ImpossibleError(Exception):
    """This machine cannot do that fault; the message says what is missing."""


@dataclass(frozen=True, kw_only=True)
class Fault(ABC):
    """`intensity` is the share of the target that is hit, `duration` the seconds that it lasts.

    `inject` does it to a site and undoes it again; it yields what it did, in words, or None when
    there was nothing to do it to.
    """

    target: Target
    duration: float = 0.0
    intensity: float = 1.0

    @property
    def name(self):
        return f"{type(self).__name__.lower()} {self.target}"

    @abstractmethod
    def inject(self, site, chance):
        """A context manager around the fault."""
