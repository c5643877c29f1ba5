"""How much intake takes at once: frozen values that the settings fill in."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Sizes in bytes. The body is measured as it comes, the rest after decompression."""

    body: int = 20 * 2**20
    decompressed: int = 100 * 2**20
    event: int = 2**20
    inbox_rows: int = 500_000
    spool: int = 2**30
    items: int = 1_000
    clock_skew_seconds: int = 86_400
