"""Posts what a channel has to say over HTTP, and judges the answer."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from core.alerts.channel import TransportError
from core.clock import Clock, SystemClock
from core.errors import MendlineError
from core.outbound.http import Answer, Call, Outbound

EXCERPT: Final = 500
JSON: Final = {"content-type": "application/json; charset=utf-8"}
# Not now, but perhaps later: what HTTP has besides the server's own failures.
PASSING: Final = frozenset({408, 423, 425, 429})
_OWN_FAULT: Final = 500


class UncallableError(TransportError):
    """The address of the channel cannot or may not be called."""

    code = "ML-ALERT-0021"


@dataclass(frozen=True, slots=True)
class Poster:
    """May be shared by channels and threads."""

    outbound: Outbound
    clock: Clock = field(default_factory=SystemClock)

    def post(self, url: str, body: bytes, *, headers: Mapping[str, str], timeout: float) -> Answer:
        """The answer where it is a success, else `TransportError`."""
        try:
            call = Call("POST", url, {**JSON, **headers}, body)
            answer = self.outbound.call(call, timeout=timeout)
        except MendlineError as error:
            raise UncallableError(
                str(error), permanent=error.permanent, retry_after=error.retry_after
            ) from error
        if answer.ok:
            return answer
        raise TransportError(
            f"The channel answered {answer.status}.",
            permanent=answer.status < _OWN_FAULT and answer.status not in PASSING,
            retry_after=answer.wait(self.clock.now()),
            status=answer.status,
            excerpt=excerpt(answer.body),
        )


def excerpt(body: bytes) -> str:
    """What a row and a log line can hold of an answer."""
    text = body[: 4 * EXCERPT].decode("utf-8", "replace")
    return "".join(sign if sign.isprintable() else " " for sign in text)[:EXCERPT].strip()
