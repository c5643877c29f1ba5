"""An intake service inside the test's own event loop, and a look at what it wrote."""

import asyncio
import json
import uuid
from datetime import UTC, datetime

import pytest
from sqlalchemy import text

from core.clock import SystemClock
from core.intake.item import Encoding, InboxItem, Kind
from core.intake.service import IntakeService, IntakeSettings
from core.store import books, projects

NOW = datetime.now(UTC)


def item(project_id, body=None, **changes):
    values = {
        "project_id": project_id,
        "event_id": uuid.uuid4(),
        "received_at": NOW,
        "kind": Kind.EVENT,
        "encoding": Encoding.IDENTITY,
        "body": json.dumps({"message": "boom"}).encode() if body is None else body,
    }
    return InboxItem(**(values | changes))


class Look:
    """What the database holds, by a fresh connection each time: servers are restarted here."""

    def __init__(self, database):
        self.database = database

    def _all(self, statement):
        self.database.dispose()
        with self.database.transaction() as session:
            return session.execute(text(statement)).all()

    def inbox(self):
        return self._all("SELECT * FROM inbox ORDER BY id")

    def ids(self):
        return [row.event_id for row in self.inbox()]

    def accepted(self):
        return self.totals().accepted

    def totals(self):
        self.database.dispose()
        with self.database.transaction() as session:
            return books.totals(session)

    def waiting_for_locks(self):
        return bool(self._all("SELECT FROM pg_locks WHERE NOT granted"))

    def progress(self):
        return self._all("SELECT * FROM spool_progress")


@pytest.fixture
def look(database):
    return Look(database)


@pytest.fixture
def project(database):
    with database.transaction() as session:
        return projects.create(session, "default", now=NOW)[0].id


@pytest.fixture
def configured(database_url, data_dir):
    def make(**changes):
        return IntakeSettings(
            **{
                "database_url": database_url,
                "spool_dir": data_dir / "spool",
                "keys_file": data_dir / "keys.json",
                "upkeep_seconds": 0.05,
                "patience": 20.0,
            }
            | changes
        )

    return make


@pytest.fixture
def running(configured):
    """`running(scenario, **settings)` runs `scenario(service)` with a started service."""

    def run(scenario, *, listeners=None, **changes):
        async def whole():
            service = IntakeService(configured(**changes), clock=SystemClock(), listeners=listeners)
            await service.start()
            try:
                return await scenario(service)
            finally:
                await service.stop()

        return asyncio.run(whole())

    return run


async def until(condition, seconds=20.0):
    """Waits, without holding up the loop, until the condition is true."""
    async with asyncio.timeout(seconds):
        while True:
            found = await asyncio.to_thread(condition)
            if found:
                return found
            await asyncio.sleep(0.02)
