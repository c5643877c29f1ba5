import pytest

from tests.acceptance.platform import running


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    """One running platform for all tests that only use it and leave it running."""
    with running(tmp_path_factory.mktemp("platform") / "data") as platform:
        yield platform


@pytest.fixture
def api(platform):
    with platform.api() as client:
        yield client
