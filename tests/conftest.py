"""Real servers for the tests: private ones of this session, or those named in the environment."""

import gc
import os
import secrets
import tempfile
from collections.abc import Generator, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import psycopg
import pytest
import redis
import structlog
from hypothesis import HealthCheck, settings
from psycopg import sql
from sqlalchemy.engine import make_url
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling
from xdist.workermanage import NodeManager

from core.clock import FixedClock, SystemClock
from core.store import schema
from core.store.engine import Database, libpq_url
from tests.databases import Databases
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.redis import EmbeddedRedis
from workers.embedded.server import running

POSTGRES = "MENDLINE_TEST_DATABASE_URL"
REDIS = "MENDLINE_TEST_REDIS_URL"
RABBITMQ = "MENDLINE_TEST_RABBITMQ_URL"
SHARING_THE_PLATFORM = {
    "test_node.py",
    "test_operations.py",
    "test_pools.py",
    "test_rest.py",
    "test_sentry_sdk.py",
}
# Machines are shared: that an example was slow to make or to try is no finding.
settings.register_profile("shared", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("shared")
# A process that writes down what it covered is not to be killed over it; usual are ten seconds.
NodeManager.EXIT_TIMEOUT = 120
# Where the tests' own clock begins.
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded stays: nobody looks for garbage in it, now or later, or in a fork."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.enable()


class ByServers(LoadScopeScheduling):
    """A file stays in one process, and so do the files that share the one running platform."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.partition("::")[0]
        return "platform" if Path(file).name in SHARING_THE_PLATFORM else file


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByServers:
    return ByServers(config, log)


@pytest.fixture(scope="session", autouse=True)
def _loggers_keep_nothing() -> Iterator[None]:
    """One that kept the settings of an earlier test could not be listened to by a later one."""
    configure = structlog.configure

    def without_memory(**told: Any) -> None:
        configure(**told | {"cache_logger_on_first_use": False})

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(structlog, "configure", without_memory)
        yield


@pytest.fixture(scope="session")
def scratch() -> Iterator[Path]:
    """A folder of this session and process; short, and gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="mendline-") as folder:
        yield Path(folder)


@pytest.fixture(scope="session")
def postgres_server(scratch: Path) -> Iterator[str]:
    """Address of a PostgreSQL where tests may create databases."""
    given = os.environ.get(POSTGRES)
    if given:
        yield libpq_url(given)
        return
    with running(EmbeddedPostgres(scratch / "postgres", durable=False)) as url:
        yield url


@pytest.fixture(scope="session")
def redis_server(scratch: Path) -> Iterator[str]:
    given = os.environ.get(REDIS)
    if given:
        yield given
        return
    with running(EmbeddedRedis(scratch / "redis", durable=False)) as url:
        yield url


@pytest.fixture(scope="session")
def rabbitmq_server() -> str:
    """Address of a RabbitMQ whose queues tests may use.

    None is started here: what the tests take is not to depend on what happens to be installed.
    """
    given = os.environ.get(RABBITMQ)
    if not given:
        pytest.skip(f"no RabbitMQ named: see `.ci/rabbitmq`, and set {RABBITMQ}")
    return given


def _command(server: str, command: str, *names: str) -> None:
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(sql.SQL(command).format(*map(sql.Identifier, names)))


def _in_database(server: str, name: str) -> str:
    return make_url(server).set(database=name).render_as_string(hide_password=False)


@pytest.fixture(scope="session")
def migrated_template(postgres_server: str) -> Iterator[str]:
    """The name of a database with the whole schema, for others to be copied from."""
    name = f"mendline_template_{secrets.token_hex(4)}"
    _command(postgres_server, "CREATE DATABASE {}", name)
    for clock in (FixedClock(NOON), SystemClock()):  # partitions for both kinds of tests
        schema.upgrade(_in_database(postgres_server, name), clock=clock)
    yield name
    _command(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture(scope="session")
def databases(postgres_server: str, migrated_template: str) -> Iterator[Databases]:
    found = Databases(postgres_server, migrated_template)
    yield found
    found.close()


@pytest.fixture
def database_url(databases: Databases) -> Iterator[str]:
    """Address of a database with the whole schema and nothing in it."""
    with databases.lent() as url:
        yield url


@pytest.fixture
def empty_database_url(postgres_server: str) -> Iterator[str]:
    """Address of a fresh database without any schema."""
    name = f"mendline_test_{secrets.token_hex(4)}"
    _command(postgres_server, "CREATE DATABASE {}", name)
    yield _in_database(postgres_server, name)
    _command(postgres_server, "DROP DATABASE {} WITH (FORCE)", name)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url, application="tests")
    yield database
    database.dispose()


@pytest.fixture
def redis_client(redis_server: str) -> Iterator[redis.Redis]:
    with redis.Redis.from_url(redis_server, socket_timeout=5) as client:
        client.flushdb()
        yield client


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOON)


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    folder = tmp_path / "data"
    folder.mkdir(mode=0o700)
    return folder
