"""The HTTP application: intake as plain routes beside the management API, one server for both."""

from functools import cache
from importlib.metadata import version
from typing import Any, Final

from fastapi import APIRouter, FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.routing import BaseRoute
from starlette.types import ASGIApp

from web.api import openapi, problems
from web.api.auth import DESCRIPTION, Authenticate
from web.api.middleware import BodyLimit, Boundary, RequestId, Timing
from web.api.readiness import Probe
from web.api.routes import (
    alert_backtests,
    alert_ranking,
    alert_routes,
    alert_rules,
    alert_why,
    alertmanager,
    alerts,
    audit,
    backups,
    breakers,
    correlations,
    deadletters,
    deliveries,
    deploys,
    events,
    fleet,
    gauges,
    health,
    hooks,
    incidents,
    insight,
    issues,
    keys,
    logs,
    maintenance,
    patterns,
    policies,
    projects,
    queues,
    recoveries,
    replays,
    retries,
    rules,
    sagas,
    schedules,
    signals,
    silences,
    solutions,
    stats,
    suggestions,
    switches,
    transactions,
)
from web.api.services import Services, lifespan
from web.intake.app import Intake, IntakeApp

BODY_LIMIT: Final = 2**20
EXPOSED: Final = ("Link", "X-Request-Id", "Retry-After", "Idempotency-Replayed")
# What the framework raises; all else reaches the boundary.
ANSWERED: Final = (HTTPException, RequestValidationError)
SUBJECTS: Final = (
    alert_backtests,
    alert_ranking,
    alert_rules,
    alerts,
    projects,
    rules,
    keys,
    audit,
    hooks,
    issues,
    insight,
    suggestions,
    correlations,
    patterns,
    policies,
    events,
    replays,  # before the letters: its paths stand where theirs have an id
    deadletters,
    deliveries,
    deploys,
    recoveries,
    schedules,
    maintenance,
    backups,
    logs,
    signals,
    solutions,
    stats,
    queues,
    transactions,
    sagas,
    retries,
    fleet,
    gauges,
    breakers,
    switches,
    silences,
    incidents,
    alert_why,
    alert_routes,
)


def create_app(services: Services) -> ASGIApp:
    """Intake answers its own addresses, with nothing in front of it but the last resort."""
    intake = IntakeApp(services.intake, services.advise, services.breakers)
    return Boundary(Intake(intake, RequestId(management(services))), services.report)


def management(services: Services) -> FastAPI:
    app = _routed(
        lifespan=lifespan,
        middleware=_middleware(services),
        exception_handlers=dict.fromkeys(ANSWERED, problems.handle),
    )
    app.state.services, app.state.probe = services, Probe(services)
    _add_description(app)
    return app


def document() -> dict[str, Any]:
    """The OpenAPI document without a running platform, for the reference pages."""
    return openapi.describe(_routed())


def _routed(**options: Any) -> FastAPI:
    return FastAPI(
        title="Mendline",
        version=version("mendline"),
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
        routes=list(_routes()),
        **options,
    )


@cache
def _routes() -> tuple[BaseRoute, ...]:
    """Compiled once a process: they find their application in the request."""
    version_one = APIRouter(prefix="/api/v1")
    for subject in SUBJECTS:
        version_one.include_router(subject.router)
    whole = APIRouter()
    for router in (version_one, alertmanager.router, health.router):
        whole.include_router(router)
    return tuple(whole.routes)


def _middleware(services: Services) -> list[Middleware]:
    """Outermost first. Browsers of other origins are answered only where a setting names them."""
    origins = services.settings.cors_origins
    across = Middleware(
        CORSMiddleware,
        allow_origins=origins,
        allow_methods=["GET", "POST", "PUT", "PATCH", "DELETE"],
        allow_headers=["Authorization", "Content-Type", "Idempotency-Key", "X-Request-Id"],
        expose_headers=EXPOSED,
    )
    return [
        Middleware(Timing, clock=services.clock),
        *([across] if origins else []),
        Middleware(Boundary, report=services.report),
        Middleware(Authenticate, keyring=services.keyring),
        Middleware(BodyLimit, limit=BODY_LIMIT),
    ]


def _add_description(app: FastAPI) -> None:
    known: dict[str, Any] = {}

    @app.get(DESCRIPTION, include_in_schema=False)
    def describe() -> dict[str, Any]:
        if not known:
            known.update(openapi.describe(app))
        return known
