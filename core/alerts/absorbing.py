"""Changes of state that nobody has looked at become incidents, groups and members.

What is new is placed in an incident, sent down the routing tree, and put into its groups, each
step with its entry in the trace. Nothing is told here: that is `core.alerts.flushing`.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.alerts import incident, surroundings
from core.alerts.grouping import GroupKey, key_of
from core.alerts.incident import JOIN, Joined, Open
from core.alerts.picture import Pictured
from core.alerts.pictures import pictured
from core.alerts.route import Pace, Plan, Route, Told, routed
from core.alerts.state import ACTIVE, State
from core.alerts.trace import Decided, Step
from core.model import AlertGroup, Incident
from core.store import alert_groups as rows
from core.store.alert_groups import Claimed

AT_ONCE: Final = (0.0, 0.0)


@dataclass(frozen=True, slots=True)
class Placed:
    """An alert on one of its routes. `changed`: it fires otherwise than before."""

    alert: Pictured
    route: Route
    key: GroupKey
    incident_id: int
    changed: bool


def absorb(session: Session, plan: Plan, now: datetime, *, limit: int) -> int:
    """How many changes of state were looked at; fewer than `limit`: there are no more."""
    claimed = rows.claim(session, now, limit=limit)
    if not claimed:
        return 0
    found = rows.alerts(session, {each.alert_id for each in claimed})
    alerts = {each: pictured(alert) for each, alert in found.items()}
    fired = _fired(claimed, alerts)
    incidents = _incidents(session, [alerts[each] for each in fired], now)
    placed = list(_placed(plan, fired, alerts, incidents, now=now))
    _join(session, placed, now)
    others = [alert for alert in alerts.values() if alert.id not in fired]
    _hurry(session, plan, others, now)
    ended = [each for each in alerts.values() if each.id not in fired and not each.firing]
    _tell_end(session, plan, ended, now)
    return len(claimed)


def _fired(claimed: Sequence[Claimed], alerts: Mapping[int, Pictured]) -> dict[int, bool]:
    """Alerts that began to fire and still do, with whether they only fire otherwise than before."""
    found: dict[int, bool] = {}
    for each in claimed:
        if each.new == State.FIRING and each.alert_id in alerts and alerts[each.alert_id].firing:
            otherwise = each.old in ACTIVE
            found[each.alert_id] = found.get(each.alert_id, True) and otherwise
    return found


def _incidents(session: Session, alerts: Sequence[Pictured], now: datetime) -> dict[int, int]:
    """The incident of each, written down with its reason."""
    known = rows.incidents_of(session, [alert.id for alert in alerts]) if alerts else {}
    fresh = [alert for alert in alerts if alert.id not in known]
    if not fresh:
        return known
    candidates = {each.id: each for each in rows.open_incidents(session, now - JOIN)}
    joined = incident.joined(
        fresh,
        [Open(each.id, frozenset(each.keys), each.last_at) for each in candidates.values()],
        around=surroundings.around(session, fresh, now),
        recent=surroundings.recent(session, now),
    )
    return known | _write(session, joined, candidates, now)


def _write(
    session: Session, joined: Sequence[Joined], known: Mapping[int, Incident], now: datetime
) -> dict[int, int]:
    made = rows.begin(session, _new(joined, now))
    chosen = {
        each.alert.id: each.incident_id if each.new is None else made[each.new] for each in joined
    }
    found = {alert: number for alert, number in chosen.items() if number is not None}
    for each in joined:
        if each.incident_id is not None:
            grown = known[each.incident_id]
            keys = [*grown.keys, *(str(key) for key in each.keys)]
            grown.keys = list(dict.fromkeys(keys))[: incident.MOST_KEYS]
            grown.last_at = now
    rows.add_alerts(
        session,
        [
            {"incident_id": found[each.alert.id], "alert_id": each.alert.id,
             "reason": each.reason, "joined_at": now}
            for each in joined
        ],
    )  # fmt: skip
    trace = [
        Decided(each.alert.id, Step.INCIDENT, str(found[each.alert.id]), each.reason)
        for each in joined
    ]
    rows.write_down(session, (entry(each, now) for each in trace))
    return found


def _new(joined: Sequence[Joined], now: datetime) -> list[dict[str, Any]]:
    """New incidents in the order of their numbers, each named by its first alert."""
    found: dict[int, dict[str, Any]] = {}
    for each in joined:
        if each.new is None:
            continue
        values = found.setdefault(
            each.new,
            {
                "project_id": each.alert.project_id,
                "state": "open",
                "title": _title(each.alert),
                "keys": [],
                "started_at": each.alert.started_at,
                "last_at": now,
            },
        )
        keys = [*values["keys"], *(str(key) for key in each.keys)]
        values["keys"] = list(dict.fromkeys(keys))[: incident.MOST_KEYS]
    return [found[number] for number in sorted(found)]


def _title(alert: Pictured) -> str:
    where = alert.component or alert.labels.get("project") or ""
    return f"{where}: {alert.name}" if where else alert.name


def _placed(
    plan: Plan,
    fired: Mapping[int, bool],
    alerts: Mapping[int, Pictured],
    incidents: Mapping[int, int],
    *,
    now: datetime,
) -> Iterable[Placed]:
    for alert_id, otherwise in fired.items():
        alert, incident_id = alerts[alert_id], incidents[alert_id]
        for route in routed(plan.root, alert, now):
            key = key_of(route, alert, incident_id=incident_id)
            yield Placed(alert, route, key, incident_id, otherwise)


def _join(session: Session, placed: Sequence[Placed], now: datetime) -> None:
    if not placed:
        return
    groups = _groups(session, placed, now)
    members = {
        (groups[each.key.text].id, each.alert.id): {
            "group_id": groups[each.key.text].id,
            "alert_id": each.alert.id,
            "changed": each.changed,
            "joined_at": now,
        }
        for each in placed
    }
    rows.join(session, list(members.values()))
    rows.pull(session, _paces(placed, groups), now)
    trace = [step for each in placed for step in _steps(each, groups[each.key.text])]
    rows.write_down(session, (entry(each, now, group_id=number) for each, number in trace))


def _groups(session: Session, placed: Sequence[Placed], now: datetime) -> Mapping[str, AlertGroup]:
    """The open group of each key; those that are not there are opened."""
    found = rows.open_groups(session, {each.key.text for each in placed})
    for each in placed:
        if each.key.text in found:
            continue
        of_incident = each.key.labels.get("incident")
        made = AlertGroup(
            route=each.route.name,
            group_key=each.key.text,
            labels=dict(each.key.labels),
            incident_id=int(of_incident) if of_incident else None,
            next_flush_at=now + each.route.pace.wait,
            opened_at=now,
        )
        session.add(made)
        found[each.key.text] = made
    session.flush()
    return found


def _paces(
    placed: Sequence[Placed], groups: Mapping[str, AlertGroup]
) -> dict[int, tuple[float, float]]:
    return {groups[each.key.text].id: _seconds(each.route.pace) for each in placed}


def _seconds(pace: Pace) -> tuple[float, float]:
    return pace.wait.total_seconds(), pace.interval.total_seconds()


def _steps(placed: Placed, group: AlertGroup) -> Iterable[tuple[Decided, int]]:
    route, alert_id = placed.route, placed.alert.id
    fits = " ".join(str(matcher) for matcher in route.matchers)
    levels = f"severity {', '.join(sorted(route.severities))}" if route.severities else ""
    why = " and ".join(filter(None, (levels, fits))) or "it takes all that no other route takes"
    yield Decided(alert_id, Step.ROUTE, route.name, f"The route {route.name}: {why}."), group.id
    wait = route.pace.wait.total_seconds()
    said = f"In the group {group.group_key}, which waits {wait:g} s for more before it is told."
    yield Decided(alert_id, Step.GROUP, str(group.id), said), group.id


def _hurry(session: Session, plan: Plan, alerts: Sequence[Pictured], now: datetime) -> None:
    """Groups whose members have changed are looked at again; at once where somebody looks after
    one: channels that page people stop then.
    """
    if not alerts:
        return
    seen = [alert.id for alert in alerts if alert.acknowledged]
    groups = rows.groups_of(session, [alert.id for alert in alerts])
    at_once = {group.id for group in rows.groups_of(session, seen)} if seen else set()
    paces = {each.id: _seconds(plan.route(each.route).pace) for each in groups}
    rows.pull(session, paces | dict.fromkeys(at_once, AT_ONCE), now)


def _tell_end(session: Session, plan: Plan, ended: Sequence[Pictured], now: datetime) -> None:
    """Some routes are told of ends only."""
    known = rows.incidents_of(session, [alert.id for alert in ended]) if ended else {}
    placed = [
        Placed(alert, route, key_of(route, alert, incident_id=known[alert.id]), known[alert.id],
               changed=False)
        for alert in ended
        if alert.id in known
        for route in routed(plan.root, alert, now)
        if Told.FIRING not in route.states
    ]  # fmt: skip
    _join(session, placed, now)


def entry(
    decided: Decided,
    now: datetime,
    *,
    group_id: int | None = None,
    notification_id: int | None = None,
) -> dict[str, Any]:
    """The trace's entry as a row."""
    return {
        "alert_id": decided.alert_id,
        "group_id": group_id,
        "notification_id": notification_id,
        "channel": decided.channel,
        "step": decided.step.value,
        "outcome": decided.outcome,
        "reason": decided.reason,
        "at": now,
    }
