import asyncio
import gzip
import threading
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from core.intake.item import Encoding
from core.intake.limits import Limits
from core.intake.submission import Arrival, from_envelope, from_report
from web.intake import endpoints

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
INCOMING = SimpleNamespace(intake=SimpleNamespace(limits=Limits()))


@pytest.mark.parametrize(("size", "beside"), [(1_000, False), (1_000_000, True)])
def test_a_small_body_that_unpacks_to_a_large_one_is_read_beside_the_loop(size, beside):
    threads = []

    def parse(arrival, limits):
        found = from_envelope(arrival, limits)
        threads.append(threading.get_ident())
        return found

    arrival = Arrival(7, NOW, Encoding.GZIP, gzip.compress(b"{}\n" + b"\n" * size))
    asyncio.run(endpoints._parsed(INCOMING, arrival, parse))
    assert (threads != [threading.get_ident()]) == beside


def test_reports_are_advised_in_portions():
    body = b'{"error": "x", "context": "%b"}' % (b"a" * 100_000)
    (item,) = from_report(Arrival(7, NOW, Encoding.IDENTITY, body), Limits()).items
    assert [len(portion) for portion in endpoints._portions([item] * 7)] == [3, 3, 1]
    assert list(endpoints._portions([])) == []
