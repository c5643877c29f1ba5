"""One asynchronous connection to PostgreSQL that heals itself and never hangs for long."""

import asyncio
import socket
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from os import dup
from typing import Any, Final, LiteralString

import psycopg
import structlog
from psycopg.adapt import Dumper, PyFormat
from psycopg.pq import Format

from core.errors import DatabaseUnavailableError
from core.store.engine import connect_arguments, libpq_url

RETRY_AFTER: Final = 5.0
_CONNECT_SECONDS: Final = "2"

Connection = psycopg.AsyncConnection[tuple[Any, ...]]
log = structlog.get_logger()


class Packed:
    """A parameter that is in PostgreSQL's binary form already."""

    __slots__ = ("data",)

    def __init__(self, data: bytes) -> None:
        self.data = data


class _PackedDumper(Dumper):
    format = Format.BINARY

    def get_key(self, obj: Packed, format: PyFormat) -> type:  # noqa: A002, ARG002 - psycopg's signature
        return self.cls

    def dump(self, obj: Packed) -> bytes:
        return obj.data


class Link:
    """Opened on first use and thrown away when it fails; uses take turns.

    A statement that takes longer than `patience` seconds is ended by shutting the socket down:
    asking a server that hangs to cancel would hang as well.
    """

    def __init__(self, url: str, *, application: str, patience: float) -> None:
        self._url = libpq_url(url)
        self._arguments = connect_arguments(application) | {"connect_timeout": _CONNECT_SECONDS}
        self._patience = patience
        self._connection: Connection | None = None
        self._turn = asyncio.Lock()

    async def run(
        self, statement: LiteralString, parameters: Sequence[Any] = ()
    ) -> list[tuple[Any, ...]]:
        """One statement as a transaction of its own."""
        async with self.connection() as connection:
            cursor = await connection.execute(statement, parameters, prepare=True)
            return await cursor.fetchall() if cursor.description else []

    @asynccontextmanager
    async def connection(self) -> AsyncIterator[Connection]:
        """In autocommit. Failures of the server become `DatabaseUnavailableError`.

        Values that it refuses stay a `psycopg.DataError`: trying again would not help them.
        """
        async with self._turn:
            try:
                connection = self._connection or await self._connect()
                alarm = asyncio.get_running_loop().call_later(self._patience, _cut, connection)
                try:
                    yield connection
                finally:
                    alarm.cancel()
            except (psycopg.DataError, psycopg.IntegrityError):
                raise
            except (psycopg.Error, OSError) as error:
                await self._drop()
                raise DatabaseUnavailableError(
                    str(error).strip() or type(error).__name__, retry_after=RETRY_AFTER
                ) from error

    async def _connect(self) -> Connection:
        connection = await psycopg.AsyncConnection.connect(
            self._url, autocommit=True, **self._arguments
        )
        connection.adapters.register_dumper(Packed, _PackedDumper)
        self._connection = connection
        return connection

    async def _drop(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def close(self) -> None:
        async with self._turn:
            await self._drop()


def _cut(connection: Connection) -> None:
    if connection.closed:
        return
    log.warning("database.hung", application=connection.info.parameter_status("application_name"))
    with socket.socket(fileno=dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)
