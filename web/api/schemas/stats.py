"""The books: what came in and where it went."""

from pydantic import Field

from web.api.schemas.shape import Shown


class Stats(Shown):
    """received = accepted + rejected + skipped; accepted = stored + duplicates + pending."""

    received: int
    accepted: int
    stored: int
    thinned: int = Field(description="Those of `stored` that were kept without their payload.")
    duplicates: int
    pending: int
    skipped: int
    rejected: dict[str, int] = Field(description="By reason.")
    missing: int = Field(description="Accepted and nowhere to be found; anything but 0 is a fault.")
