"""What is known about a failure when it is decided what to do: frozen, and plain on request."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from core.analysis.proposal import Advice
from core.analysis.result import Severity
from core.errors import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Situation:
    """`subject` is what is to be mended: `issue:12:timeout`, as one place may fail in several ways,
    or `operation:…` for one piece of work.

    `replayable`: the event says how to run the work again. `retry_after` in seconds, as the failing
    side told it. `new_in_release`: the issue was first seen in the release that the event is of.
    `context` is what analysis read out of the event.
    """

    project_id: int
    issue_id: int
    event_id: str
    subject: str
    title: str
    category: Category
    family: str
    kind: str
    advice: Advice
    severity: Severity
    transient: bool
    component: str = ""
    release: str = ""
    environment: str = ""
    operation: str = ""
    replayable: bool = False
    new_in_release: bool = False
    retry_after: float | None = None
    context: Mapping[str, str] = field(default_factory=dict)

    def plain(self) -> dict[str, Any]:
        """As JSON has it: for a row, for people, and for plug-ins."""
        return {
            "project_id": self.project_id,
            "issue_id": self.issue_id,
            "event_id": self.event_id,
            "subject": self.subject,
            "title": self.title,
            "category": self.category.value,
            "family": self.family,
            "kind": self.kind,
            "advice": self.advice.value,
            "severity": self.severity.value,
            "transient": self.transient,
            "component": self.component,
            "release": self.release,
            "environment": self.environment,
            "operation": self.operation,
            "replayable": self.replayable,
            "new_in_release": self.new_in_release,
            "retry_after": self.retry_after,
            "context": dict(self.context),
        }

    @classmethod
    def of(cls, plain: Mapping[str, Any]) -> "Situation":
        return cls(
            **{
                **plain,
                "category": Category(plain["category"]),
                "advice": Advice(plain["advice"]),
                "severity": Severity(plain["severity"]),
            }
        )

    @property
    def facts(self) -> Mapping[str, str]:
        """What policies match, and what they may write into targets and arguments."""
        return {
            "category": self.category.value,
            "family": self.family,
            "kind": self.kind,
            "advice": self.advice.value,
            "severity": self.severity.value,
            "component": self.component,
            "release": self.release,
            "environment": self.environment,
            "operation": self.operation,
        }
