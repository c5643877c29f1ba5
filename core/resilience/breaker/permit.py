"""The leave to make one call, and what it was given under."""

from dataclasses import dataclass
from typing import Self


@dataclass(frozen=True, slots=True)
class Permit:
    """`version` is the breaker's when the call began: of another one its outcome does not count.

    A probe of a half-open breaker has a `lease`. Written as `version.lease`.
    """

    name: str
    version: int
    lease: str = ""

    def __str__(self) -> str:
        return f"{self.version}.{self.lease}"

    @classmethod
    def parse(cls, name: str, text: str) -> Self | None:
        """None for what was not written by us."""
        version, dot, lease = text.partition(".")
        fits = dot and version.isascii() and version.isdecimal() and len(version) < LONGEST_NUMBER
        return cls(name, int(version), lease) if fits else None


LONGEST_NUMBER = 16
