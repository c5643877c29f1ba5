import json
import stat

import pytest
from sqlalchemy import select

from config.bootstrap import Addresses, bootstrap, remembered
from config.settings import Settings
from core.access import keys
from core.access.roles import Role
from core.errors import ConfigurationError, UnauthenticatedError
from core.model import ApiKey, Project
from core.store import projects


@pytest.fixture
def addresses(database_url):
    return Addresses(
        database_url=database_url,
        redis_url="redis://127.0.0.1:1/0",
        api_url="http://127.0.0.1:8000",
    )


@pytest.fixture
def first(data_dir, addresses, clock):
    return bootstrap(Settings(data_dir=data_dir), addresses, clock=clock)


def test_the_first_run_makes_two_projects_and_their_addresses(first, database):
    with database.transaction() as session:
        names = session.scalars(select(Project.name).order_by(Project.id)).all()
        target = projects.by_public_key(session, first.dsn.split("//")[1].split("@")[0])
    assert names == ["default", "mendline"]
    assert target.name == "default"
    assert first.dsn.endswith(f"@127.0.0.1:8000/{target.id}")


def test_the_admin_key_is_valid(first, database, clock):
    with database.transaction() as session:
        assert keys.verify(session, first.admin_key, now=clock.now()).role is Role.ADMIN


def test_the_file_is_for_its_owner_only_and_holds_everything(first, data_dir):
    path = data_dir / "credentials.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = json.loads(path.read_text())
    assert found["admin_key"] == first.admin_key
    assert all(found.values())
    assert [p.name for p in data_dir.iterdir()] == ["credentials.json"]


def test_a_second_run_keeps_secrets_and_keys_and_takes_the_new_address(
    first, data_dir, addresses, clock
):
    moved = Addresses(
        database_url=addresses.database_url,
        redis_url=addresses.redis_url,
        api_url="http://127.0.0.1:9000",
    )
    second = bootstrap(Settings(data_dir=data_dir), moved, clock=clock)
    assert second.dsn == first.dsn.replace(":8000", ":9000")
    for name in ("admin_key", "flower_password", "secret_key"):
        assert getattr(second, name) == getattr(first, name)


def test_a_revoked_admin_key_stays_revoked(first, data_dir, addresses, clock, database):
    with database.transaction() as session:
        keys.revoke(session, session.scalars(select(ApiKey.id)).one(), now=clock.now())
    bootstrap(Settings(data_dir=data_dir), addresses, clock=clock)
    with database.transaction() as session, pytest.raises(UnauthenticatedError):
        keys.verify(session, first.admin_key, now=clock.now())


def test_what_the_settings_give_wins(data_dir, addresses, clock):
    settings = Settings(data_dir=data_dir, secret_key="given", flower_user="me")
    made = bootstrap(settings, addresses, clock=clock)
    assert (made.secret_key, made.flower_user) == ("given", "me")


def test_a_damaged_file_is_not_overwritten(data_dir):
    (data_dir / "credentials.json").write_text("{")
    with pytest.raises(ConfigurationError, match="damaged"):
        remembered(data_dir)
