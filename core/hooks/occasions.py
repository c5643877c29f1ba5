"""What hooks are told of a recovery, as plain values that JSON has and plug-ins can read."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from core.model import HookOccasion, Recovery
from core.store.hooks import Occasion

TEST: Final = "test"


def stamp(moment: Any) -> str:
    return str(moment.isoformat(timespec="milliseconds")).replace("+00:00", "Z")


@dataclass(frozen=True, slots=True)
class Told:
    """`message_id` is the same however often it is told."""

    message_id: str
    occasion: str
    project_id: int
    body: Mapping[str, Any]

    @property
    def for_plugins(self) -> dict[str, Any]:
        """The arguments of the hook of this name in `core.plugins.hookspecs`."""
        error = dict(self.body["data"])
        more = {
            Occasion.RETRY: ("attempt",),
            Occasion.RECOVERED: ("seconds",),
            Occasion.GIVE_UP: ("reason",),
        }
        return {"error": error} | {name: error[name] for name in more.get(_known(self), ())}


def _known(told: Told) -> Occasion:
    return Occasion(told.occasion)


def told_of(occasion: HookOccasion, recovery: Recovery) -> Told:
    """The recovery as it is by now; the occasion's own words are as they were."""
    data = {
        "recovery_id": str(recovery.id),
        "project_id": str(recovery.project_id),
        "issue_id": None if recovery.issue_id is None else str(recovery.issue_id),
        "event_id": recovery.event_id.hex,
        "title": recovery.situation.get("title", ""),
        "component": recovery.component,
        "category": recovery.category,
        "family": recovery.family,
        "severity": recovery.severity,
        "state": recovery.state,
        "reason": occasion.reason,
        "actor": occasion.actor,
        "attempt": max(recovery.acted, 1),
        "automatic": recovery.automatic,
        "events": recovery.events,
        "seconds": round((occasion.at - recovery.first_event_at).total_seconds(), 3),
        "at": stamp(occasion.at),
    }
    body = {"type": occasion.occasion, "timestamp": stamp(occasion.at), "data": data}
    return Told(f"occasion-{occasion.id}", occasion.occasion, recovery.project_id, body)
