"""Tells hooks what came to pass: each message is a piece of work of its own, with retries."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from sqlalchemy.orm import Session

from core.errors import Category, DependencyError, MendlineError
from core.hooks.occasions import Told, told_of
from core.hooks.secret import secret_of
from core.model import Hook, HookDelivery, Recovery
from core.outbound.http import Answer, Call, Outbound
from core.outbound.signing import signed
from core.plugins.plugins import Plugins
from core.store import hooks as rows
from core.store.work import WorkOrder

DELIVER: Final = "hooks.deliver"
CALL: Final = "hooks.call"
QUEUE: Final = "recovery"
PRIORITY: Final = 6
ATTEMPTS: Final = 12
SECONDS: Final = 10.0
KEPT: Final = timedelta(days=30)
ROUND: Final = 200
_TOO_MANY, _OWN_FAULT, _TIMEOUT = 429, 500, 408

Add = Callable[[Session, WorkOrder], int]


class NotTakenError(DependencyError):
    """The endpoint of a hook did not take the message."""

    code = "ML-HOOK-0001"
    category = Category.UNAVAILABLE


class RefusedError(MendlineError):
    """The endpoint of a hook refuses the message; sending it again would not change that."""

    code = "ML-HOOK-0002"
    category = Category.VALIDATION


@dataclass(frozen=True, slots=True)
class Announced:
    """`messages` to endpoints and `calls` of plug-ins that became work."""

    occasions: int = 0
    messages: int = 0
    calls: int = 0


@dataclass(frozen=True, slots=True)
class Announcer:
    """`plugged`: whether any plug-in is there to be called."""

    add: Add
    plugged: bool

    def announce(self, session: Session, now: datetime) -> Announced:
        """Turns what came to pass into work, in the transaction that forgets it."""
        occasions = rows.claim(session, limit=ROUND)
        listening = rows.wanting(session)
        messages = calls = 0
        for occasion in occasions:
            recovery = session.get_one(Recovery, occasion.recovery_id)
            told = told_of(occasion, recovery)
            for hook in listening:
                if wants(hook, told):
                    self.send(session, hook, told, now)
                    messages += 1
            if self.plugged:
                self._call(session, told)
                calls += 1
        rows.forget(session, [occasion.id for occasion in occasions])
        rows.tidy(session, now - KEPT)
        return Announced(len(occasions), messages, calls)

    def send(self, session: Session, hook: Hook, told: Told, now: datetime) -> HookDelivery:
        delivery = HookDelivery(
            hook_id=hook.id,
            message_id=f"{told.message_id}-{hook.id}",
            occasion=told.occasion,
            body=dict(told.body),
            created_at=now,
        )
        session.add(delivery)
        session.flush()
        order = WorkOrder(
            task=DELIVER,
            arguments={"delivery_id": delivery.id},
            queue=QUEUE,
            priority=PRIORITY,
            target=f"hook:{hook.id}",
            unique_key=f"{DELIVER}-{delivery.id}",
            max_attempts=ATTEMPTS,
        )
        delivery.work_id = self.add(session, order)
        session.flush()
        return delivery

    def _call(self, session: Session, told: Told) -> None:
        order = WorkOrder(
            task=CALL,
            arguments={"occasion": told.occasion, "values": told.for_plugins},
            queue=QUEUE,
            priority=PRIORITY,
            unique_key=f"{CALL}-{told.message_id}",
        )
        self.add(session, order)


def wants(hook: Hook, told: Told) -> bool:
    return told.occasion in hook.occasions and hook.project_id in {None, told.project_id}


@dataclass(frozen=True, slots=True)
class Courier:
    """Carries messages to endpoints. `seal` is the platform's own secret."""

    outbound: Outbound
    seal: bytes
    seconds: float = SECONDS

    def deliver(self, session: Session, delivery_id: int, now: datetime) -> Mapping[str, Any]:
        """Signed anew for each attempt; id and body stay the same."""
        delivery = session.get(HookDelivery, delivery_id)
        if delivery is None:
            return {"sent": False, "reason": "the hook was deleted"}
        hook = session.get_one(Hook, delivery.hook_id)
        body = json.dumps(delivery.body, ensure_ascii=False, sort_keys=True).encode()
        secrets: Sequence[str] = [secret_of(self.seal, hook.salt)]
        headers = signed(delivery.message_id, body, at=now, secrets=secrets)
        headers["content-type"] = "application/json"
        answer = self.outbound.call(Call("POST", hook.url, headers, body), timeout=self.seconds)
        _check(answer, now)
        delivery.status, delivery.delivered_at = answer.status, now
        return {"sent": True, "status": answer.status}


def _check(answer: Answer, now: datetime) -> None:
    if answer.ok:
        return
    told = f"The endpoint answered {answer.status}."
    passing = {_TIMEOUT, _TOO_MANY}
    if answer.status >= _OWN_FAULT or answer.status in passing:
        raise NotTakenError(told, retry_after=answer.wait(now))
    raise RefusedError(told)


def call_plugins(plugins: Plugins, occasion: str, values: Mapping[str, Any]) -> Mapping[str, Any]:
    """What each plug-in came to; one that failed is not asked again for the same."""
    came = plugins.call(occasion, **values)
    return {each.plugin: each.failure or "called" for each in came}
