"""What analysis says of one event: frozen values, no behaviour."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.analysis.proposal import Proposal
from core.errors import Category

_LEAST_FAILURE: Final = 400


class Mechanism(StrEnum):
    """What decided the issue key, strongest first."""

    FINGERPRINT = "fingerprint"
    STACKTRACE = "stacktrace"
    EXCEPTION = "exception"
    MESSAGE = "message"


class Severity(StrEnum):
    CRITICAL = "critical"
    HIGH = "high"
    MEDIUM = "medium"
    LOW = "low"
    INFO = "info"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The issue that an event belongs to. `why` names each part that went into the key."""

    issue_key: str
    title: str
    culprit: str
    mechanism: Mechanism
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Classification:
    """What kind of failure it is, and whether trying again can help; `rule` decided it.

    `context` is what the family read out of the event: table, endpoint, quota, … `kind` is what
    went wrong inside of the family, `code` names the two for programs (`DB-DEADLOCK`),
    `http_status` is the status to answer with.
    """

    category: Category
    family: str
    transient: bool
    severity: Severity
    confidence: float
    rule: str
    context: tuple[tuple[str, str], ...] = ()
    kind: str = ""
    code: str = ""
    http_status: int = 500
    proposal: Proposal | None = None

    @property
    def failed(self) -> bool:
        """Whether it is a failure at all; a task that asks to be run again is none."""
        return self.http_status >= _LEAST_FAILURE


@dataclass(frozen=True, slots=True)
class Ruled:
    """The project's own rules that matched, by name, and the version of their file.

    `keyed`: the rule changed the issue key. `ignored`: the event's issue is ignored from the start.
    `titled`: the rule named the issue.
    """

    version: int = 0
    grouping: str = ""
    classification: str = ""
    keyed: bool = False
    ignored: bool = False
    titled: bool = False


UNRULED: Final = Ruled()


@dataclass(frozen=True, slots=True)
class Analysis:
    grouping: Grouping
    classification: Classification
    ruled: Ruled = UNRULED
