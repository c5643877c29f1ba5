from collections.abc import Iterator

import pytest

from core.alerts.posting import Poster
from core.outbound.http import Outbound
from core.outbound.policy import OutboundPolicy
from tests.http_sink import Sink, sinking


@pytest.fixture
def sink() -> Iterator[Sink]:
    with sinking() as found:
        yield found


@pytest.fixture
def poster(clock) -> Poster:
    return Poster(Outbound(OutboundPolicy.of(["127.0.0.1"])), clock)
