"""Intake over HTTP as one plain ASGI application: a framework would cost more than the work."""

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any, Final

import structlog
from starlette.types import ASGIApp, Receive, Scope, Send

from core.errors import InvalidInputError, MendlineError
from core.intake.rejection import reason_of
from core.intake.service import IntakeService
from core.recovery.adviser import NO_ADVICE, Reported
from core.resilience.breaker import Breakers
from web.intake import address as addresses
from web.intake.address import Address, Endpoint
from web.intake.answers import PREFLIGHT, Answer, Headers, problem, sentry_refusal
from web.intake.breakers import BreakerEndpoints
from web.intake.endpoints import (
    Advise,
    Reports,
    component_endpoint,
    envelope_endpoint,
    store_endpoint,
)
from web.intake.incoming import REQUEST_ID, Incoming

_SENTRY: Final = frozenset({Endpoint.ENVELOPE, Endpoint.STORE})
_SENTRY_STATUS: Final = {401: 403, 415: 400}
_INSIDE: Final = 500

log = structlog.get_logger()


class WrongMethodError(InvalidInputError):
    """This address takes POST only."""

    code = "ML-HTTP-0004"
    http_status = 405


async def no_advice(reports: Sequence[Reported]) -> Sequence[Mapping[str, Any]]:
    return [NO_ADVICE for _ in reports]


class IntakeApp:
    """Answers everything itself: also errors carry the headers that browsers and clients need."""

    def __init__(
        self,
        intake: IntakeService,
        advise: Advise = no_advice,
        breakers: Breakers | None = None,
    ) -> None:
        reports, behind = Reports(advise), BreakerEndpoints(breakers)
        self._intake = intake
        self._endpoints: dict[Endpoint, Callable[[Incoming], Awaitable[Answer]]] = {
            Endpoint.ENVELOPE: envelope_endpoint,
            Endpoint.STORE: store_endpoint,
            Endpoint.REPORT: reports.one,
            Endpoint.BATCH: reports.batch,
            Endpoint.COMPONENT: component_endpoint,
            Endpoint.BREAKER: behind.report,
            Endpoint.ACQUIRE: behind.acquire,
        }

    async def handle(self, address: Address, scope: Scope, receive: Receive, send: Send) -> None:
        incoming = Incoming(self._intake, address, scope, receive)
        more: Headers = []
        if incoming.request_id is None:
            more = [(REQUEST_ID, incoming.own_request_id().encode())]
        answer = PREFLIGHT if scope["method"] == "OPTIONS" else await self._answer(incoming)
        await answer.send(send, more)

    async def _answer(self, incoming: Incoming) -> Answer:
        try:
            if incoming.scope["method"] != "POST":
                raise WrongMethodError
            return await self._endpoints[incoming.address.endpoint](incoming)
        except MendlineError as error:
            return self._refused(incoming, error)

    def _refused(self, incoming: Incoming, error: MendlineError) -> Answer:
        reason, project = reason_of(error), incoming.project_id
        if not isinstance(error, WrongMethodError):
            self._intake.tally.rejected(
                reason, project, error.context.get("count", incoming.brought)
            )
        level = log.warning if error.http_status >= _INSIDE else log.debug
        level(
            "intake.rejected",
            reason=reason,
            status=error.http_status,
            error=str(error),
            path=addresses.masked(incoming.scope["path"]),
            request_id=incoming.request_id,
        )
        if incoming.address.endpoint in _SENTRY:
            return sentry_refusal(error, status=_SENTRY_STATUS.get(error.http_status))
        return problem(error, request_id=incoming.request_id)


class Intake:
    """Intake in front of another application, which answers what is not intake's."""

    def __init__(self, app: IntakeApp, otherwise: ASGIApp) -> None:
        self._app = app
        self._otherwise = otherwise

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        found = addresses.find(_below_root(scope)) if scope["type"] == "http" else None
        if found is None:
            await self._otherwise(scope, receive, send)
        else:
            await self._app.handle(found, scope, receive, send)


def _below_root(scope: Scope) -> str:
    path: str = scope["path"]
    root: str = scope.get("root_path", "")
    return path.removeprefix(root) if root and path.startswith(root + "/") else path
