"""Which application answers an address: intake is a few plain routes and must stay that cheap."""

from typing import Final

from starlette.types import ASGIApp, Receive, Scope, Send

ERRORS: Final = ("/api/errors", "/k/")
REPORTED: Final = ("/api/v1/components/", "/api/v1/breakers/")


def is_intake(path: str) -> bool:
    """Errors, envelopes (`/api/<digits>/…`) and what components report of themselves."""
    if path.startswith(ERRORS) or (path.startswith("/api/") and path[5:6].isdigit()):
        return True
    return path.startswith(REPORTED) and path.rstrip("/").endswith("/report")


class Dispatch:
    """Life-span events go to the management application, which starts and stops both."""

    def __init__(self, intake: ASGIApp, management: ASGIApp) -> None:
        self.intake = intake
        self.management = management

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and is_intake(scope["path"]):
            # Where it is missing, a router answers unknown addresses in plain text by itself.
            scope["app"] = self.intake
            await self.intake(scope, receive, send)
        else:
            await self.management(scope, receive, send)
