"""Why somebody was told of an alert, or why nobody was: its whole way, and its end in words."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from sqlalchemy.orm import Session

from core.alerts.state import ACTIVE, State
from core.alerts.trace import Step
from core.model import Alert, DeliveryAttempt, Notification
from core.store import alert_traces as rows

HOLDS: Final = (Step.INHIBITED, Step.SILENCED, Step.MUTED, Step.BUDGET, Step.THROTTLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Passed:
    """One step of an alert's way. `outcome` is what the step made of it."""

    at: datetime
    step: str
    outcome: str
    reason: str
    channel: str | None = None
    group_id: int | None = None
    notification_id: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Story:
    """`told` are the channels that took a notification of it; `next_look_at` is when what is to be
    told of it is decided about again.
    """

    alert_id: int
    name: str
    state: str
    answer: str
    told: tuple[str, ...]
    next_look_at: datetime | None
    steps: tuple[Passed, ...]


def story(session: Session, alert: Alert) -> Story:
    steps = sorted(
        [*_rule(session, alert), *_decisions(session, alert), *_attempts(session, alert)],
        key=lambda each: each.at,
    )
    next_look = rows.next_look(session, alert.id)
    delivered = (each for each in steps if each.step == Step.DELIVERED and each.outcome == "taken")
    told = tuple(dict.fromkeys(each.channel for each in delivered if each.channel))
    return Story(
        alert_id=alert.id,
        name=str(alert.labels.get("alertname", "")),
        state=alert.state,
        answer=answer(alert.state, steps, told=told, next_look=next_look),
        told=told,
        next_look_at=next_look,
        steps=tuple(steps),
    )


def answer(
    state: str, steps: Sequence[Passed], *, told: Sequence[str], next_look: datetime | None
) -> str:
    """The first that fits: told, on its way, held back, not firing, not looked at."""
    sent = [each for each in steps if each.step == Step.NOTIFIED]
    if told:
        return f"Told: {', '.join(told)} took it."
    if sent:
        return _on_its_way(sent[-1], steps)
    later = f" It is looked at again at {next_look:%Y-%m-%d %H:%M:%S} UTC." if next_look else ""
    return f"Not told: {_held(state, steps)}{later}"


def _held(state: str, steps: Sequence[Passed]) -> str:
    """What nobody was told for."""
    met = {each.step for each in steps}
    nobody = [each for each in steps if each.step == Step.ROUTE and each.outcome == "nobody"]
    held = nobody or [each for each in steps if each.step in HOLDS]
    if held:
        return f"{held[-1].step}. {held[-1].reason}"
    if Step.GROUP in met:
        return "its group waits for more."
    if Step.INCIDENT in met:
        return "no route takes it."
    if state in {State.PENDING, State.INACTIVE}:
        last = f" {steps[-1].reason}" if steps else ""
        return f"it is {state} and has not fired yet.{last}"
    return "nobody has looked at it yet." if state in ACTIVE else "it was over too soon."


def _on_its_way(sent: Passed, steps: Sequence[Passed]) -> str:
    failed = [
        each
        for each in steps
        if each.step == Step.DELIVERED and each.notification_id == sent.notification_id
    ]
    if not failed:
        return f"On its way to {sent.channel}: no attempt has been made yet."
    tried = len([each for each in failed if each.outcome != rows.GIVEN_UP])
    return f"Not delivered to {sent.channel} in {tried} attempts: {failed[-1].reason}"


def _rule(session: Session, alert: Alert) -> list[Passed]:
    return [
        Passed(
            at=row.at,
            step=Step.RULE.value,
            outcome=f"{row.old or 'new'} → {row.new}",
            reason=row.reason,
        )
        for row in rows.transitions(session, alert.id)
    ]


def _decisions(session: Session, alert: Alert) -> list[Passed]:
    return [
        Passed(
            at=row.at,
            step=row.step,
            outcome=row.outcome,
            reason=row.reason,
            channel=row.channel,
            group_id=row.group_id,
            notification_id=row.notification_id,
        )
        for row in rows.decisions(session, alert.id)
    ]


def _attempts(session: Session, alert: Alert) -> list[Passed]:
    return [
        Passed(
            at=attempt.at,
            step=Step.DELIVERED.value,
            outcome=_outcome(attempt),
            reason=_reason(attempt, notification),
            channel=attempt.channel,
            group_id=notification.group_id,
            notification_id=notification.id,
        )
        for attempt, notification in rows.attempts(session, alert.id)
    ]


def _outcome(attempt: DeliveryAttempt) -> str:
    if attempt.seconds is None:
        return "broken off"
    return "failed" if attempt.error else "taken"


def _answer(attempt: DeliveryAttempt) -> str:
    """Mail servers, apprise and the log take a message without a status of HTTP."""
    if attempt.status is not None:
        return f"status {attempt.status}"
    return "no answer" if _outcome(attempt) != "taken" else "taken"


def _reason(attempt: DeliveryAttempt, notification: Notification) -> str:
    took = f" after {attempt.seconds:.2f} s" if attempt.seconds is not None else ""
    said = f"{notification.kind}, attempt {attempt.attempt}: {_answer(attempt)}{took}"
    return f"{said}; {attempt.error}" if attempt.error else said
