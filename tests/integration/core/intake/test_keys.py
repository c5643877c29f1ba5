import asyncio
import secrets
from datetime import timedelta

import pytest

from core.access import keys as api_keys
from core.access.roles import Role
from core.store import projects
from tests.integration.core.intake.conftest import NOW, until


@pytest.fixture
def shop(database):
    with database.transaction() as session:
        made, key = projects.create(session, "shop", now=NOW)
        return made.id, key.public_key


def new_token(database, **wanted):
    with database.transaction() as session:
        return api_keys.create(session, api_keys.NewKey(role=Role.INGEST, **wanted), now=NOW)


def test_a_key_made_later_works_from_its_first_use(running, database):
    async def scenario(service):
        with database.transaction() as session:
            made, key = projects.create(session, "shop", now=NOW)
        assert await service.keys.project_of(key.public_key) == made.id

    running(scenario, upkeep_seconds=60)


def test_a_rotated_key_ends_and_the_new_one_works(running, database, shop):
    project, old = shop

    async def scenario(service):
        assert await service.keys.project_of(old) == project
        with database.transaction() as session:
            new = projects.rotate_key(session, project, now=NOW).public_key
        assert await service.keys.project_of(new) == project
        await until(lambda: old not in service.keys.keys.projects)
        assert await service.keys.project_of(old) is None

    running(scenario)


def test_a_deleted_project_ends_its_keys(running, database, shop):
    async def scenario(service):
        with database.transaction() as session:
            session.delete(projects.get(session, shop[0]))
        await until(lambda: shop[1] not in service.keys.keys.projects)
        assert not await service.keys.project_exists(shop[0])

    running(scenario)


def test_guessing_is_answered_by_few_looks_at_the_database(running):
    async def scenario(service):
        looks = []
        run = service._chores.run

        async def counting(*arguments):
            looks.append(arguments)
            return await run(*arguments)

        service._chores.run = counting
        guesses = [service.keys.project_of(secrets.token_hex(16)) for _ in range(500)]
        assert set(await asyncio.gather(*guesses)) == {None}
        guess = secrets.token_hex(16)
        for _ in range(50):
            assert await service.keys.project_of(guess) is None
        assert len(looks) < 10

    running(scenario, upkeep_seconds=60)


def test_memory_of_guesses_is_bounded(running):
    async def scenario(service):
        guesses = [service.keys.project_of(f"{n:032x}") for n in range(12_000)]
        await asyncio.gather(*guesses)
        assert len(service.keys._missing) <= 10_000

    running(scenario, upkeep_seconds=60)


def test_api_keys_of_a_project_and_of_all(running, database, shop):
    one, every = new_token(database, project_id=shop[0]), new_token(database)

    async def scenario(service):
        found = await service.keys.token_of(api_keys.hashed(one.plain))
        assert found.project_id == shop[0]
        assert (await service.keys.token_of(api_keys.hashed(every.plain))).project_id is None
        assert await service.keys.token_of(api_keys.hashed("other")) is None

    running(scenario)


def test_api_keys_end(running, database):
    made = new_token(database, expires_at=NOW + timedelta(days=1))
    revoked = new_token(database)

    async def scenario(service):
        assert await service.keys.token_of(api_keys.hashed(made.plain))
        service.keys._clock = Later()
        assert await service.keys.token_of(api_keys.hashed(made.plain)) is None
        with database.transaction() as session:
            api_keys.revoke(session, revoked.key.id, now=NOW)
        digest = api_keys.hashed(revoked.plain)
        await until(lambda: digest.hex() not in service.keys.keys.tokens)
        assert await service.keys.token_of(digest) is None

    running(scenario)


class Later:
    def now(self):
        return NOW + timedelta(days=2)

    def monotonic(self):
        return asyncio.get_running_loop().time()


def test_the_default_project_is_the_one_of_that_name_or_the_first(running, database, shop):
    async def default(service):
        return service.keys.keys.default_project

    assert running(default) == shop[0]
    with database.transaction() as session:
        made, _ = projects.create(session, "default", now=NOW)
    assert running(default) == made.id
