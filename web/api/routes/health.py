"""Whether this process lives, whether the platform is ready, and what it counts."""

import ipaddress
from typing import Annotated, Final
from urllib.parse import urlsplit

from fastapi import APIRouter, Depends, Request, Response
from starlette.concurrency import run_in_threadpool

from config import telemetry
from core import errors
from core.access.roles import Permission
from core.errors import DependencyError
from web.api import problems
from web.api.readiness import Probe
from web.api.schemas.health import Alive, Ready
from web.api.services import Provided, Services

router = APIRouter(tags=["health"])
FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")


class NotReadyError(DependencyError):
    """Something is missing that the platform needs."""

    code = "ML-DEP-0002"


async def probe(request: Request) -> Probe:
    found = request.app.state.probe
    assert isinstance(found, Probe)
    return found


@router.get("/livez", summary="This process answers")
async def live() -> Alive:
    return Alive()


@router.get("/readyz", response_model=Ready, summary="Whether all that is needed is there")
def ready(found: Annotated[Probe, Depends(probe)]) -> Ready | Response:
    readiness = found.look()
    if readiness.ready:
        return Ready()
    missing = list(readiness.missing)
    problem = NotReadyError(f"Missing: {', '.join(missing)}.", retry_after=1)
    return problems.document(
        errors.report(problem), missing=missing, checks=dict(readiness.missing)
    )


@router.get("/metrics", response_class=Response, summary="Metrics for Prometheus")
async def metrics(request: Request, services: Provided) -> Response:
    """For a key that may read the whole platform, or for who calls from this host directly."""
    if not _from_this_host(request, services):
        who = await services.keyring.owner(request.headers.get("authorization", ""))
        who.require(Permission.READ)
    page = await run_in_threadpool(_page, services)
    return Response(page, headers={"content-type": telemetry.CONTENT_TYPE})


def _page(services: Services) -> bytes:
    """Any process of this host sees the same spool, so whoever is asked measures it."""
    telemetry.SPOOL_BYTES.set(services.intake.spool.size())
    return telemetry.render()


def _from_this_host(request: Request, services: Services) -> bool:
    """A proxy on this host also calls from here, for anybody: any sign of one asks for a key."""
    settings = services.settings
    proxied = any(name in request.headers for name in FORWARDED) or settings.trusted_proxies
    public = settings.public_url and not _is_loopback(urlsplit(settings.public_url).hostname)
    if proxied or public or "authorization" in request.headers:
        return False
    client = request.client.host if request.client else None
    return _is_loopback(client) and _is_loopback(request.url.hostname)


def _is_loopback(host: str | None) -> bool:
    if host == "localhost":
        return True
    try:
        return host is not None and ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
