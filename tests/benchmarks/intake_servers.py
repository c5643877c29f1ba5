"""The two applications that the intake benchmark compares, each run by uvicorn as a process."""

import asyncio
import os
import zlib
from contextlib import asynccontextmanager
from pathlib import Path

import msgspec
import psycopg
from starlette.applications import Starlette

from core.clock import SystemClock
from core.intake.service import IntakeService, IntakeSettings
from web.api.middleware import Boundary
from web.intake.app import Intake, IntakeApp

DATABASE = "BENCH_DATABASE_URL"
FOLDER = "BENCH_FOLDER"
CEILING_TABLE = """
    CREATE TABLE IF NOT EXISTS ceiling (
        id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        event_id text NOT NULL, body bytea NOT NULL
    );
    ALTER TABLE ceiling ALTER COLUMN body SET STORAGE EXTERNAL;
"""
CEILING_INSERT = (
    "INSERT INTO ceiling (event_id, body) SELECT * FROM unnest(%b::text[], %b::bytea[])"
)


class Fields(msgspec.Struct):
    event_id: str
    timestamp: str
    level: str = ""
    platform: str = ""


class Ceiling:
    """The least that a durable intake can do: gunzip, read four fields, group commit, answer."""

    def __init__(self):
        self.decode = msgspec.json.Decoder(Fields).decode
        self.waiting = []
        self.flusher = None
        self.connection = None

    async def __call__(self, scope, receive, send):
        if scope["type"] == "lifespan":
            await self.lifespan(receive, send)
            return
        body = b""
        more = True
        while more:
            message = await receive()
            body += message.get("body", b"")
            more = message.get("more_body", False)
        event = self.decode(zlib.decompress(body, 31).split(b"\n", 2)[2])
        done = asyncio.get_running_loop().create_future()
        self.waiting.append((event.event_id, body, done))
        if self.flusher is None:
            self.flusher = asyncio.get_running_loop().create_task(self.flush())
        await done
        await send(
            {"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"2")]}
        )
        await send({"type": "http.response.body", "body": b"{}"})

    async def flush(self):
        while self.waiting:
            batch, self.waiting = self.waiting, []
            ids, bodies, done = zip(*batch, strict=True)
            await self.connection.execute(CEILING_INSERT, (list(ids), list(bodies)), prepare=True)
            for future in done:
                future.set_result(None)
        self.flusher = None

    async def lifespan(self, receive, send):
        await receive()
        self.connection = await psycopg.AsyncConnection.connect(
            os.environ[DATABASE], autocommit=True
        )
        await self.connection.execute(CEILING_TABLE)
        await send({"type": "lifespan.startup.complete"})
        await receive()
        await self.connection.close()
        await send({"type": "lifespan.shutdown.complete"})


def ceiling():
    return Ceiling()


def ours():
    """The product's own routes as the product serves them."""
    folder = Path(os.environ[FOLDER])
    service = IntakeService(
        IntakeSettings(
            database_url=os.environ[DATABASE],
            spool_dir=folder / "spool",
            keys_file=folder / "keys.json",
        ),
        clock=SystemClock(),
    )

    @asynccontextmanager
    async def lifespan(_app):
        await service.start()
        yield
        await service.stop()

    management = Starlette(lifespan=lifespan)
    return Boundary(Intake(IntakeApp(service), management))
