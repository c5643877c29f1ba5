import pytest

from tests.integration.core.sagas.world import World


@pytest.fixture
def world(database, clock, tmp_path):
    found = World(database, clock, tmp_path / "outside")
    found.say("CREATE TABLE effects (saga bigint, step text, way text)")
    return found
