"""The real application on real servers, called in this process."""

from dataclasses import dataclass, field

import pytest
from starlette.testclient import TestClient

from config import resilience
from config.settings import Settings
from core.access import keys
from core.access.keys import NewKey
from core.access.roles import Role
from core.clock import SystemClock
from core.intake.service import IntakeService, IntakeSettings
from core.store import projects
from core.store.payloads import Payloads
from core.work.ledger import Ledger
from core.work.sender import MemorySender
from tasks.app import app as celery
from tasks.runtime import Runtime
from tests.integration.web.api.rows import Rows
from web.api.app import create_app
from web.api.auth import Keyring
from web.api.services import Services


@dataclass
class Keys:
    """API keys as they are needed: by role, of the whole platform or of one project."""

    database: object
    clock: object
    made: dict = field(default_factory=dict)

    def __call__(self, role, project_id=None):
        if (role, project_id) not in self.made:
            with self.database.transaction() as session:
                wanted = NewKey(role=Role(role), project_id=project_id)
                created = keys.create(session, wanted, now=self.clock.now())
            self.made[role, project_id] = created.plain
        return self.made[role, project_id]


@pytest.fixture
def key(database, clock):
    return Keys(database, clock)


@pytest.fixture
def sender():
    return MemorySender()


@pytest.fixture
def settings(database_url, redis_server, data_dir):
    return Settings(
        database_url=database_url,
        redis_url=redis_server,
        data_dir=data_dir,
        public_url="http://errors.example:8000",
        cors_origins=["https://console.example"],
    )


@pytest.fixture
def intake(settings, clock):
    return IntakeService(
        IntakeSettings(
            database_url=settings.database_url.get_secret_value(),
            spool_dir=settings.data_dir / "spool",
            keys_file=settings.data_dir / "keys.json",
        ),
        clock=clock,
    )


def engine(settings, database, sender, clock):
    runtime = Runtime(celery, settings)
    runtime.database, runtime.sender, runtime.clock = database, sender, clock
    return runtime.mending.engine


@pytest.fixture
def services(settings, database, sender, redis_client, intake):
    kept = resilience.breakers(settings, database, redis_client, SystemClock(), handover=0.0)
    yield Services(
        settings=settings,
        database=database,
        clock=intake.clock,
        intake=intake,
        sender=sender,
        ledger=Ledger(database, sender, intake.clock),
        redis=redis_client,
        breakers=kept.breakers,
        keyring=Keyring(database, intake.clock),
        payloads=Payloads(),
        engine=lambda: engine(settings, database, sender, intake.clock),
    )
    kept.tender.close()


@pytest.fixture
def app(services):
    return create_app(services)


@pytest.fixture
def anonymous(app):
    return TestClient(app, base_url="http://test")


@pytest.fixture
def as_role(app, key):
    """A client with a key of that role, of one project if one is named."""

    def client(role, project_id=None):
        headers = {"Authorization": f"Bearer {key(role, project_id)}"}
        return TestClient(app, base_url="http://test", headers=headers)

    return client


@pytest.fixture
def reader(as_role):
    return as_role("read")


@pytest.fixture
def operator(as_role):
    return as_role("operate")


@pytest.fixture
def admin(as_role):
    return as_role("admin")


@pytest.fixture
def project(database, clock):
    with database.transaction() as session:
        return projects.create(session, "shop", now=clock.now())[0]


@pytest.fixture
def other_project(database, clock):
    with database.transaction() as session:
        return projects.create(session, "bank", now=clock.now())[0]


@pytest.fixture
def rows(database, clock, project):
    return Rows(database, clock, project.id)
