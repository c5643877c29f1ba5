"""What one piece of evidence says of a failure, and how sure it is."""

from typing import NamedTuple

from core.errors import Category


class Verdict(NamedTuple):
    """A rule of the tables, or what it concluded for one event."""

    category: Category
    transient: bool
    confidence: float
    rule: str

    def weighed(self, weight: float, rule: str = "") -> "Verdict":
        return Verdict(self.category, self.transient, self.confidence * weight, rule or self.rule)
