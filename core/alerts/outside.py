"""Alerts as Alertmanager's interface tells of them: where they go, and what keeps them quiet."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from sqlalchemy.orm import Session

from core.alerts.picture import Pictured
from core.alerts.pictures import pictured
from core.alerts.silence import Phase, Silence, phase
from core.alerts.silencing import read
from core.alerts.trace import Step
from core.model import Alert, AlertGroup
from core.store import alert_groups, silences


class Told(StrEnum):
    """`unprocessed`: nobody has grouped it yet."""

    UNPROCESSED = "unprocessed"
    ACTIVE = "active"
    SUPPRESSED = "suppressed"


@dataclass(slots=True)
class Standing:
    """An alert that fires, its groups, and the ids of silences and alerts that hold it back."""

    alert: Alert
    seen: Pictured
    groups: list[AlertGroup] = field(default_factory=list)
    silenced_by: list[int] = field(default_factory=list)
    inhibited_by: list[str] = field(default_factory=list)

    @property
    def told(self) -> Told:
        if self.silenced_by or self.inhibited_by:
            return Told.SUPPRESSED
        return Told.ACTIVE if self.groups else Told.UNPROCESSED

    @property
    def routes(self) -> list[str]:
        return sorted({group.route for group in self.groups})


def standings(session: Session, now: datetime, *, project_id: int | None) -> list[Standing]:
    """Of all that fire, oldest first."""
    alerts = [
        alert
        for alert in alert_groups.active(session)
        if project_id is None or alert.project_id == project_id
    ]
    found = {alert.id: Standing(alert, pictured(alert)) for alert in alerts}
    by_fingerprint = {alert.id: alert.fingerprint for alert in alerts}
    groups = {group.id: group for group in alert_groups.groups_of(session, list(found))}
    for group_id, members in alert_groups.members(session, list(groups)).items():
        for member, alert in members:
            if alert.id in found:
                found[alert.id].groups.append(groups[group_id])
                sources = _inhibiting(member.verdict)
                found[alert.id].inhibited_by += [
                    by_fingerprint.get(source, str(source)) for source in sources
                ]
    _silence(found.values(), [read(row) for row in silences.live(session)], now)
    return sorted(found.values(), key=lambda each: each.alert.id)


def _inhibiting(verdict: str) -> list[int]:
    begins = f"{Step.INHIBITED}:"
    words = (word.removeprefix(begins) for word in verdict.split() if word.startswith(begins))
    return [int(word) for word in words if word.isdigit()]


def _silence(found: Iterable[Standing], live: Sequence[Silence], now: datetime) -> None:
    """By the silences of this moment: what was decided last may be older than they are."""
    active = [silence for silence in live if phase(silence, now) is Phase.ACTIVE]
    for each in found:
        keys = [group.group_key for group in each.groups] or [""]
        each.silenced_by = [
            silence.id
            for silence in active
            if any(silence.covers(each.seen, group=key) for key in keys)
        ]
