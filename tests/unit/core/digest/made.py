"""Digested events made by hand."""

from core.analysis.result import Analysis, Classification, Grouping, Mechanism, Severity
from core.digest.event import Digested
from core.errors import Category
from tests.benchmarks.events import event_id
from tests.conftest import NOON

CLASSIFICATION = Classification(
    category=Category.BUG,
    family="python",
    transient=False,
    severity=Severity.MEDIUM,
    confidence=0.9,
    rule="type",
)


def digested(number=1, *, key="k", **values):
    grouping = Grouping(key, "ValueError", "shop", Mechanism.EXCEPTION, ("type: ValueError",))
    plain = {
        "row_id": number,
        "project_id": 1,
        "event_id": event_id(number),
        "received_at": NOON,
        "timestamp": NOON,
        "level": "error",
        "component": None,
        "release": None,
        "environment": None,
        "analysis": Analysis(grouping, CLASSIFICATION),
        "document": b"{}",
    }
    return Digested(**(plain | values))
