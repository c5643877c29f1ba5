"""Something about the stores that people should know, in words that say what to do."""

from dataclasses import dataclass, field
from enum import StrEnum


class Severity(StrEnum):
    NOTE = "note"
    WARNING = "warning"
    CRITICAL = "critical"


@dataclass(frozen=True, slots=True)
class Finding:
    """`value` was found and `mark` is where the telling begins."""

    check: str
    subject: str
    severity: Severity
    summary: str
    advice: str
    value: float
    mark: float


@dataclass(frozen=True, slots=True)
class Marks:
    """Where a figure becomes a warning, and where it is critical."""

    warning: float
    critical: float = field(default=float("inf"))

    def severity(self, value: float) -> Severity | None:
        if value >= self.critical:
            return Severity.CRITICAL
        return Severity.WARNING if value >= self.warning else None
