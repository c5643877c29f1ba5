"""Switches as actions set them and take them back."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy.orm import Session

from core.recovery.action import Done, Order
from core.recovery.arguments import ArgumentError
from core.store import switches
from core.store.switches import Change, SwitchChangedError, SwitchNotFoundError

AUTHOR: Final = "recovery"


@dataclass(frozen=True, slots=True)
class Wanted:
    name: str
    value: Any
    until: datetime | None = None


def project_of(order: Order) -> int:
    """Switches belong to the project whose applications read them."""
    found = order.about.get("project_id")
    if found is None:
        raise ArgumentError(f"The action {order.action} needs an order that is about a project.")
    return int(found)


def current(session: Session, order: Order, name: str, *, now: datetime) -> Any:
    """The value in force, or none."""
    try:
        return switches.get(session, project_of(order), name, now=now).value
    except SwitchNotFoundError:
        return None


def put(session: Session, order: Order, wanted: Wanted, *, now: datetime) -> Done:
    before = _before(session, order, wanted.name, now)
    told = {"switch": wanted.name, "value": wanted.value, "before": before}
    if order.dry_run:
        return Done(f"Would set the switch {wanted.name}.", told)
    change = _change(order, wanted.name, f"action {order.action}", wanted.until)
    made = switches.put(session, change, wanted.value, now=now)
    undo = {"switch": wanted.name, "version": made.version, "before": before}
    return Done(f"Set the switch {wanted.name}.", told, undo)


def back(session: Session, order: Order, undo: Mapping[str, Any], *, now: datetime) -> Done:
    """As it was before; what somebody has set since then stays."""
    name, before = undo["switch"], undo["before"]
    until = datetime.fromisoformat(before["until"]) if before and before["until"] else None
    if order.dry_run:
        return Done(f"Would set the switch {name} back.", {"before": before})
    change = _change(order, name, f"action {order.action} undone", until)
    try:
        switches.remove(session, change, now=now, version=undo["version"])
    except (SwitchChangedError, SwitchNotFoundError) as error:
        return Done(f"Left the switch {name} alone: {error}")
    if before is not None and (until is None or until > now):
        switches.put(session, change, before["value"], now=now)
    return Done(f"Set the switch {name} back.", {"before": before})


def _before(session: Session, order: Order, name: str, now: datetime) -> dict[str, Any] | None:
    try:
        found = switches.get(session, project_of(order), name, now=now)
    except SwitchNotFoundError:
        return None
    return {"value": found.value, "until": found.until.isoformat() if found.until else None}


def _change(order: Order, name: str, why: str, until: datetime | None) -> Change:
    return Change(project_of(order), name, AUTHOR, f"{why} ({order.target})", until)
