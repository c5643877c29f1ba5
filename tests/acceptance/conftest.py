import pytest

from tests.acceptance.platform import running


@pytest.fixture(scope="session")
def platform(tmp_path_factory):
    """One running platform for all tests that only use it and leave it running."""
    allowed = {"MENDLINE_OUTBOUND_ALLOW": '["127.0.0.1"]'}
    with running(tmp_path_factory.mktemp("platform") / "data", env=allowed) as platform:
        yield platform


@pytest.fixture
def api(platform):
    with platform.api() as client:
        yield client
