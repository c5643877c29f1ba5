"""PostgreSQL goes away and comes back, in every way that it does."""

import asyncio
import gc
import secrets
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress

import psutil
import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.errors import DatabaseUnavailableError
from core.intake.limits import Limits
from core.intake.service import IntakeService
from core.intake.spool import Spool, SpoolFullError
from core.store import projects, schema
from core.store.engine import Database
from tests.integration.core.intake.conftest import NOW, item, until
from workers.embedded.postgres import EmbeddedPostgres
from workers.embedded.server import started, stop


class Server:
    """A PostgreSQL of our own, to be stopped, killed and frozen; from the main thread only."""

    def __init__(self, folder):
        self.embedded = EmbeddedPostgres(folder)  # durable: what it committed survives its kill
        self.url = None
        self._running = None

    def up(self):
        self._running = started(self.embedded)
        self.url = self.embedded.url

    def down(self):
        if self._running is not None:
            stop(*self._running)
            self._running = None

    def kill(self):
        for process in self._family():
            with suppress(psutil.NoSuchProcess):
                process.kill()
        self._running[1].wait()

    @contextmanager
    def frozen(self):
        family = self._family()
        for process in family:
            process.suspend()
        try:
            yield
        finally:
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.resume()

    def _family(self):
        parent = psutil.Process(self._running[1].pid)
        return [parent, *parent.children(recursive=True)]


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    found = Server(tmp_path_factory.mktemp("away") / "pg")
    found.up()
    schema.upgrade(found.url, clock=SystemClock())
    yield found
    found.down()


@pytest.fixture
def database_url(server):
    """The server's one database, emptied; running again, whatever the last test left."""
    server.down()
    server.up()
    database = Database(server.url, application="tests")
    tables = "projects, inbox, book_entries, spool_progress, component_minutes"
    with database.transaction() as session:
        session.execute(text(f"TRUNCATE {tables} CASCADE"))
    database.dispose()
    return server.url


@pytest.fixture
def database(database_url):
    database = Database(database_url, application="tests")
    yield database
    database.dispose()
    gc.collect()


async def restored(service):
    await until(lambda: not service.database_away)


async def drained(service):
    await until(lambda: not service.spool.waiting())


def test_a_stopped_server_is_bridged_by_the_spool(running, server, project, look):
    items = [item(project) for _ in range(9)]

    async def scenario(service):
        await service.accept(items[:3])
        server.down()
        for one in items[3:6]:
            await service.accept([one])
        assert service.database_away
        assert service.spool.size() > 0
        server.up()
        await restored(service)
        await service.accept(items[6:])
        await drained(service)

    running(scenario)
    assert sorted(look.ids()) == sorted(one.event_id for one in items)
    assert look.totals().accepted == 9
    assert look.progress() == []


def test_a_killed_server_loses_nothing_that_was_answered(running, server, project, look):
    answered = []

    async def client(service):
        for _ in range(60):
            one = item(project)
            await service.accept([one])
            answered.append(one.event_id)

    async def scenario(service):
        clients = [asyncio.create_task(client(service)) for _ in range(8)]
        await until(lambda: len(answered) > 50)
        server.kill()
        await asyncio.gather(*clients)
        server.up()
        await restored(service)
        await drained(service)

    running(scenario)
    assert len(answered) == 480
    assert set(answered) == set(look.ids())
    # A commit cut off by the kill may be in the inbox and in the spool; the digest stores it once.
    assert look.totals().missing == 0


def test_what_reaches_the_spool_as_the_server_comes_back_is_drained(
    running, server, project, look, monkeypatch
):
    gate, one = threading.Event(), item(project)

    async def scenario(service):
        append = service.spool.append
        monkeypatch.setattr(service.spool, "append", lambda items: gate.wait(20) and append(items))
        server.down()
        writing = asyncio.create_task(service.accept([one]))
        await until(lambda: service.database_away)
        server.up()
        await asyncio.sleep(1)
        gate.set()
        await writing
        await restored(service)
        await drained(service)

    running(scenario)
    assert look.ids() == [one.event_id]


def test_a_frozen_server_counts_as_away(running, server, project, look):
    one, other = item(project), item(project)

    async def scenario(service):
        await service.accept([one])
        with server.frozen():
            async with asyncio.timeout(20):
                await service.accept([other])
            assert service.database_away
        await restored(service)
        await drained(service)

    running(scenario, patience=0.5)
    assert set(look.ids()) == {one.event_id, other.event_id}


def test_a_start_without_the_server(running, server, project, look):
    server.down()
    one = item(project)

    async def scenario(service):
        assert service.database_away
        await service.accept([one])
        server.up()
        await drained(service)

    running(scenario)
    assert look.ids() == [one.event_id]


def test_what_a_dead_process_left_is_drained_by_the_next(running, project, look, data_dir):
    items = [item(project) for _ in range(700)]
    dead = Spool(data_dir / "spool", limit=10**8)
    dead.append(items)
    dead.close()
    running(drained)
    assert look.ids() == [one.event_id for one in items]
    assert look.accepted() == 700


def test_a_drain_that_is_interrupted_again_and_again_is_exact(
    running, server, project, look, data_dir
):
    items = [item(project, bytes(60_000)) for _ in range(400)]
    dead = Spool(data_dir / "spool", limit=10**9)
    dead.append(items)
    dead.close()

    async def scenario(service):
        for _ in range(3):
            before = look.accepted()
            await until(lambda before=before: look.accepted() > before)
            server.kill()
            server.up()
            await restored(service)
        await drained(service)

    running(scenario)
    assert sorted(look.ids()) == sorted(one.event_id for one in items)
    assert look.accepted() == 400


def test_processes_that_share_a_folder_drain_it_once(running, configured, project, look, data_dir):
    items = [item(project) for _ in range(300)]
    for start in range(0, 300, 30):
        dead = Spool(data_dir / "spool", limit=10**8)
        dead.append(items[start : start + 30])
        dead.close()

    async def scenario(service):
        other = IntakeService(configured(), clock=SystemClock())
        await other.start()
        await drained(service)
        await other.stop()

    running(scenario)
    assert sorted(look.ids()) == sorted(one.event_id for one in items)


DRAIN = """
import asyncio, sys
from pathlib import Path
from core.intake.service import IntakeService, IntakeSettings

async def main():
    folder = Path(sys.argv[2])
    settings = IntakeSettings(
        database_url=sys.argv[1], spool_dir=folder / "spool", keys_file=folder / "keys.json"
    )
    await IntakeService(settings).start()
    await asyncio.sleep(60)

asyncio.run(main())
"""


def test_a_process_killed_while_it_drains_is_continued_exactly(
    database_url, project, look, data_dir
):
    items = [item(project, bytes(60_000)) for _ in range(400)]
    dead = Spool(data_dir / "spool", limit=10**9)
    dead.append(items)
    dead.close()
    command = [sys.executable, "-c", DRAIN, database_url, str(data_dir)]
    for _ in range(20):
        before = look.accepted()
        with subprocess.Popen(command) as process:
            asyncio.run(until(lambda before=before: look.accepted() > before))
            process.kill()
        if look.accepted() == 400:
            break
    assert sorted(look.ids()) == sorted(one.event_id for one in items)


def test_a_server_that_refuses_to_write_counts_as_away(running, server, database, project, look):
    one = item(project)

    def read_only(on):
        with database.transaction() as session:
            session.connection().exec_driver_sql("SET transaction_read_only = off")
            session.execute(
                text(f"ALTER DATABASE postgres SET default_transaction_read_only = {on}")
            )

    async def scenario(service):
        await service.accept([one])
        assert service.database_away
        read_only("off")
        await drained(service)

    read_only("on")
    running(scenario)
    assert look.ids() == [one.event_id]


def test_a_full_spool_refuses(running, server, project):
    async def scenario(service):
        server.down()
        await service.accept([item(project)])
        with pytest.raises(SpoolFullError):
            await service.accept([item(project, bytes(5_000))])
        await service.accept([item(project)])

    running(scenario, limits=Limits(spool=2_000))


def test_known_keys_stay_known_and_others_are_not_refused(running, server, database, data_dir):
    with database.transaction() as session:
        made, key = projects.create(session, "shop", now=NOW)
    known, unknown = key.public_key, secrets.token_hex(16)
    running(lambda service: service.keys.project_of(known))
    assert (data_dir / "keys.json").stat().st_mode & 0o777 == 0o600
    server.down()

    async def scenario(service):
        with pytest.raises(DatabaseUnavailableError) as caught:
            await service.keys.project_of(unknown)
        assert caught.value.retry_after
        return await service.keys.project_of(known)

    assert running(scenario) == made.id


def test_counts_are_posted_once_it_is_back(running, server, project, look):
    async def scenario(service):
        server.down()
        service.tally.rejected("invalid", project)
        await asyncio.sleep(0.3)
        server.up()
        await until(lambda: look.totals().rejected)

    running(scenario)
    assert look.totals().rejected == {"invalid": 1}


def test_component_reports_are_not_kept_meanwhile(running, server, project):
    async def scenario(service):
        server.down()
        with pytest.raises(DatabaseUnavailableError):
            await service.report_components([])

    running(scenario)
