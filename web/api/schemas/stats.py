"""The books: what came in and where it went."""

from pydantic import Field

from web.api.schemas.shape import Moment, Shown


class FiguresShown(Shown):
    """Of a period; shares from 0 to 1, null where there is nothing to take a share of."""

    errors: int
    unmanaged: int = Field(description="Errors about which nothing was decided.")
    unmanaged_share: float | None
    ended: int = Field(description="Recoveries that ended.")
    tried: int = Field(
        description="Those of them with a known outcome that were not a person's from the start."
    )
    recovered: int
    automatic: int = Field(description="Recovered without a person.")
    subsided: int = Field(
        description="Did not come again, and nobody told of a success; counted in no rate."
    )
    escalated_at_once: int
    recovery_rate: float | None = Field(description="Recovered of those tried.")
    automatic_share: float | None = Field(description="Automatic of those recovered.")
    recovery_seconds: float | None = Field(description="From plan to verified end, on average.")
    longest_seconds: float | None
    mttr_seconds: float | None = Field(description="From the first event to the verified end.")


class RecoveryStats(FiguresShown):
    since: Moment
    until: Moment
    by_component: dict[str, FiguresShown]
    by_category: dict[str, FiguresShown]


class Stats(Shown):
    """received = accepted + rejected + skipped; accepted = stored + duplicates + pending.

    What the host that answers has spooled is accepted and pending; other hosts tell their own.
    """

    received: int
    accepted: int
    stored: int
    thinned: int = Field(description="Those of `stored` that were kept without their payload.")
    duplicates: int
    pending: int = Field(description="In the inbox, or spooled.")
    spooled: int = Field(
        description="Those of `pending` that wait on this host's disk for the database."
    )
    skipped: int
    rejected: dict[str, int] = Field(description="By reason.")
    missing: int = Field(description="Accepted and nowhere to be found; anything but 0 is a fault.")
    recovery_rate: float | None = Field(description="Of the last 24 hours, as in `recovery`.")
    mean_time_to_recovery: float | None = Field(description="Seconds, of the last 24 hours.")
    recovery: RecoveryStats
