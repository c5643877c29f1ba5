"""From what was decided about an alert to the row that says so."""

from datetime import datetime
from typing import Any, Final

from core.alerts.rule import SEVERITY
from core.alerts.state import Change
from core.alerts.weighing import Candidate, Move
from core.model import Alert
from core.store import alerts as store
from core.store.alerts import AnyAlert, Write

ACTOR: Final = "rules"


def moved(move: Move, at: datetime) -> Write:
    """An alert that lives, as it is from now on."""
    alert, change = move.alert, move.change
    severity = change.severity or alert.severity
    values = store.columns(alert) | {
        "labels": {**alert.labels, SEVERITY: severity},
        "severity": severity,
        **change.values,
    }
    if move.seen.value is not None:
        values["value"] = move.seen.value
    if move.rule is not None and move.seen.holds:
        values["annotations"] = move.rule.annotated(values["labels"], move.seen)
    return _write(alert, values, change, at)


def begun(candidate: Candidate, last: Alert | None, change: Change, at: datetime) -> Write:
    """A new episode; or, where `change` goes on with it, the last one."""
    again = None if change.anew else last
    severity = change.severity or candidate.seen.severity
    labels = {**candidate.labels, SEVERITY: severity}
    values = (_new(candidate, last) if again is None else store.columns(again)) | {
        "rule_id": candidate.rule.id,
        "labels": labels,
        "severity": severity,
        "value": candidate.seen.value,
        "annotations": candidate.rule.annotated(labels, candidate.seen),
        **change.values,
    }
    return _write(again, values, change, at)


def _new(candidate: Candidate, last: Alert | None) -> dict[str, Any]:
    about = candidate.about
    return {
        "source": store.RULE,
        "fingerprint": candidate.fingerprint,
        "episode": last.episode + 1 if last else 1,
        "project_id": about.project_id or candidate.rule.project_id,
        "issue_id": about.issue_id,
        "release": about.release,
        "component": dict(candidate.series).get("component"),
    }


def _write(alert: AnyAlert | None, values: dict[str, Any], change: Change, at: datetime) -> Write:
    told = change.new is not None
    if change.new is not None:
        values |= {"state": str(change.new), "state_at": at, "reason": change.reason}
    old = None if alert is None else alert.state
    return Write(
        values=values,
        at=at,
        actor=ACTOR,
        id=None if alert is None else alert.id,
        old=old,
        seen=None if alert is None else alert.state_at,
        told=told,
    )
