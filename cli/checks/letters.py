"""What workers of this host had to keep on disk because PostgreSQL was away."""

from datetime import timedelta
from typing import Final

from cli.checks.finding import Finding, note, ok, wrong
from config import wiring
from config.settings import Settings
from core.clock import Clock

TOO_LONG: Final = timedelta(minutes=5)


def letters(settings: Settings, clock: Clock) -> Finding:
    spool = wiring.letter_spool(settings)
    found = spool.waiting()
    if found.refused:
        return note(
            "letters",
            f"{found.refused} that PostgreSQL did not take",
            f"They end in .refused in {spool.folder}; the log of the worker tells why.",
        )
    if not found.files:
        return ok("letters", "none on disk")
    detail = f"{found.files} dead letters and orders on the disk of this host"
    if found.oldest is not None and clock.now() - found.oldest > TOO_LONG:
        return wrong("letters", f"{detail}, since {found.oldest}", "A worker of it brings them in.")
    return ok("letters", detail)
