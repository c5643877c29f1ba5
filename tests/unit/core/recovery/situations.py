"""A plain situation, to be changed by each test where it matters."""

from core.analysis.proposal import Advice
from core.analysis.result import Severity
from core.errors import Category
from core.recovery.situation import Situation

PLAIN = {
    "project_id": 7,
    "issue_id": 12,
    "event_id": "0" * 32,
    "subject": "issue:12",
    "title": "ConnectionError: refused",
    "category": Category.CONNECTION,
    "family": "dependency",
    "kind": "dependency.refused",
    "advice": Advice.RETRY,
    "severity": Severity.HIGH,
    "transient": True,
    "component": "checkout",
}


def situation(**values):
    return Situation(**(PLAIN | values))
