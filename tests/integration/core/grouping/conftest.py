import pytest

from tests.integration.core.digest.world import World


@pytest.fixture
def world(database, clock):
    return World(database, clock)
