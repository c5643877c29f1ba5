"""Signed messages to the applications that declare a webhook for them."""

from collections.abc import Mapping
from typing import Any, Final

import orjson

from core.clock import Clock
from core.errors import MendlineError
from core.intake.scrub import clean
from core.outbound import signing
from core.outbound.http import Answer, Call, Outbound
from core.recovery.action import ActionError, Order
from core.recovery.declared import Webhook
from core.store.storable import text

# Besides what a server says about itself: too early, too much, too slow.
PASSING: Final = frozenset({408, 425, 429})
SERVER_ERROR: Final = 500
SHOWN: Final = 300


class Messenger:
    """`outbound` judges where the message goes."""

    def __init__(self, outbound: Outbound, clock: Clock) -> None:
        self._outbound = outbound
        self._clock = clock

    def post(
        self, hook: Webhook, order: Order, *, kind: str, data: Mapping[str, Any]
    ) -> Mapping[str, Any]:
        """What the application answered, for the evidence."""
        now = self._clock.now()
        message = {
            "type": kind,
            "timestamp": now.isoformat(),
            "data": {"target": order.target, **order.about, **data},
        }
        body = orjson.dumps(message, default=str)
        message_id = f"{order.idempotency_key}:{kind}"
        headers = {
            **hook.headers,
            "content-type": "application/json",
            "idempotency-key": message_id,
            **signing.signed(message_id, body, at=now, secrets=hook.secrets),
        }
        answer = self._sent(Call("POST", hook.url, headers, body), order)
        if not answer.ok:
            raise ActionError(
                f"The application answered {answer.status} to {kind}.",
                permanent=not (answer.status >= SERVER_ERROR or answer.status in PASSING),
                retry_after=answer.wait(now),
                status=answer.status,
            )
        return evidence(answer)

    def _sent(self, call: Call, order: Order) -> Answer:
        try:
            return self._outbound.call(call, timeout=order.timeout)
        except MendlineError as error:
            raise ActionError(
                str(error), permanent=error.permanent, retry_after=error.retry_after
            ) from error


def evidence(answer: Answer) -> dict[str, Any]:
    shown = text(clean(answer.body[:SHOWN].decode("utf-8", "replace")))
    return {"status": answer.status, "seconds": round(answer.seconds, 3), "answer": shown}
