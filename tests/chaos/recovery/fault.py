"""What a fault is, and where those that can be mended are listed."""

from collections.abc import Callable
from dataclasses import dataclass

from tests.chaos.fault import ImpossibleError

__all__ = ["RECOVERABLE", "Fault", "ImpossibleError", "fault"]


@dataclass(frozen=True)
class Fault:
    """`course` is a generator: it breaks something, yields what the application lived through, and
    goes on when the platform says that it is mended; what is not mended then is an assertion.

    With a `policy` of its own the platform has to mend it; else the application does by the answer.
    """

    name: str
    family: str
    course: Callable
    policy: str = ""

    @property
    def component(self):
        return self.name.replace(" ", "-")

    @property
    def by(self):
        return "engine" if self.policy else "application"


RECOVERABLE: list[Fault] = []


def fault(name, *, family, policy=""):
    def listed(course):
        RECOVERABLE.append(Fault(name, family, course, policy))
        return course

    return listed
