"""Intake behind a real uvicorn in a thread of the test process."""

import asyncio
import socket
import threading
from contextlib import asynccontextmanager, contextmanager

import httpx2
import uvicorn
from starlette.applications import Starlette

from core.intake.service import IntakeService, IntakeSettings, Listeners
from web.intake.app import Intake, IntakeApp


class Served:
    """`answers` is a client; `service` the live service, whose coroutines `run` executes."""

    def __init__(self, service, url, loop):
        self.service = service
        self.url = url
        self.answers = httpx2.Client(base_url=url, timeout=30)
        self._loop = loop

    def run(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop).result(30)


def settings(database_url, folder, **changes):
    return IntakeSettings(
        database_url=database_url,
        spool_dir=folder / "spool",
        keys_file=folder / "keys.json",
        **{"upkeep_seconds": 0.1, **changes},
    )


@contextmanager
def serving(configured, *, listeners=None, **options):
    loops = []
    service = IntakeService(configured, listeners=listeners or Listeners())

    @asynccontextmanager
    async def lifespan(_app):
        loops.append(asyncio.get_running_loop())
        await service.start()
        yield
        await service.stop()

    app = Intake(IntakeApp(service, **options), Starlette(lifespan=lifespan))
    server = uvicorn.Server(uvicorn.Config(app, log_config=None, loop="asyncio"))
    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=server.run, args=([listening],))
        thread.start()
        while not server.started and thread.is_alive():
            thread.join(0.01)
        served = Served(service, f"http://127.0.0.1:{listening.getsockname()[1]}", loops[0])
        try:
            yield served
        finally:
            served.answers.close()
            server.should_exit = True
            thread.join()
