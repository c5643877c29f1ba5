"""Connections to declared databases: one for one action or probe, each with a time limit."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Final

import psycopg

from core.recovery.declared import Connection
from core.store.engine import LIVENESS, libpq_url

APPLICATION: Final = "mendline-recovery"
SHORTEST_CONNECT: Final = 2  # seconds; libpq knows no shorter limit


@contextmanager
def connected(
    declared: Connection, *, timeout: float, read_only: bool = False
) -> Iterator[psycopg.Connection[Any]]:
    """Commits each statement by itself, unless a transaction is opened."""
    limits = f"-c statement_timeout={max(int(timeout * 1000), 1)} -c timezone=UTC"
    if read_only:
        limits += " -c default_transaction_read_only=on"
    options: dict[str, Any] = LIVENESS | {
        "application_name": APPLICATION,
        "connect_timeout": str(max(int(timeout), SHORTEST_CONNECT)),
        "options": limits,
    }
    with psycopg.connect(libpq_url(declared.url), autocommit=True, **options) as connection:
        yield connection
