"""The two stores of a run: those that were given, or private ones that we start ourselves."""

import asyncio
from typing import Final

import redis

from config.settings import Settings
from config.wiring import REDIS_OPTIONS
from core.errors import DependencyError
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import Server
from workers.restarts import TIRELESS
from workers.supervisor import Supervisor

DATABASE: Final = "mendline"
PATIENCE: Final = 120.0
POLL: Final = 0.02


class Stores:
    """Addresses are known once `prepare` has run, and served once `serve` has returned."""

    def __init__(self, settings: Settings) -> None:
        folder = settings.data_dir
        self._database_url = settings.database_url
        self._redis_url = settings.redis_url
        self._postgres = None if settings.database_url else EmbeddedPostgres(folder / "postgres")
        self._redis = None if settings.redis_url else EmbeddedRedis(folder / "redis")

    @property
    def embedded(self) -> tuple[Server, ...]:
        return tuple(server for server in (self._postgres, self._redis) if server is not None)

    @property
    def database_url(self) -> str:
        if self._postgres is not None:
            return self._postgres.url_of(DATABASE)
        assert self._database_url is not None
        return self._database_url.get_secret_value()

    @property
    def redis_url(self) -> str:
        if self._redis is not None:
            return self._redis.url
        assert self._redis_url is not None
        return self._redis_url.get_secret_value()

    def prepare(self) -> None:
        """Creates what is missing; a full disk or a missing program is found out here."""
        for server in self.embedded:
            server.create()

    async def serve(self, supervisor: Supervisor) -> None:
        for server in self.embedded:
            supervisor.keep(server.name, server.prepare, restarts=TIRELESS, recorded=False)
        await asyncio.gather(*(_answering(server) for server in self.embedded))
        if self._postgres is not None:
            await asyncio.to_thread(self._postgres.ensure_database, DATABASE)
        if self._redis is None:
            await asyncio.to_thread(check_redis, self.redis_url)


async def _answering(server: Server) -> None:
    try:
        async with asyncio.timeout(PATIENCE):
            while not await asyncio.to_thread(server.answers):  # noqa: ASYNC110  # a server sets no event
                await asyncio.sleep(POLL)
    except TimeoutError as error:
        raise DependencyError(
            f"The private {server.name} does not answer; its last lines stand above."
        ) from error


def check_redis(url: str) -> None:
    with redis.Redis.from_url(url, **REDIS_OPTIONS) as client:
        try:
            client.ping()
        except redis.RedisError as error:
            raise DependencyError(f"Redis cannot be reached: {error}.") from error
