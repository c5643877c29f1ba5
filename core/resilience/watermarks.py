"""How short of memory a host is: levels with a distance between coming and going."""

from dataclasses import dataclass
from enum import IntEnum


class Level(IntEnum):
    """At `HIGH` nothing grows any more, at `CRITICAL` what can wait does."""

    EASY = 0
    HIGH = 1
    CRITICAL = 2

    @property
    def word(self) -> str:
        return self.name.lower()


@dataclass(frozen=True, slots=True)
class Watermarks:
    """Shares of the memory; a level is left `relief` below the mark at which it was reached."""

    high: float = 0.8
    critical: float = 0.9
    relief: float = 0.05

    def level(self, used: float, before: Level) -> Level:
        marks = {Level.HIGH: self.high, Level.CRITICAL: self.critical}
        reached = [
            level
            for level, mark in marks.items()
            if used >= (mark - self.relief if before >= level else mark)
        ]
        return max(reached, default=Level.EASY)
