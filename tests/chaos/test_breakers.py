"""The drill of breakers: what it must not overlook."""

import pytest

from tests.chaos.breakers import broken

GOOD = {
    "shape": {"window": 6.0, "reset": 4.0},
    "while_open": {"calls": 0, "latest_seconds": 0.0},
    "episodes": [{"probes": 3, "ended": "open"}, {"probes": 3, "ended": "closed"}],
    "opened_after": [3.1, 4.0],
    "in_traffic_after": [0.4, 4.05],
    "last": "closed",
}


def test_what_went_well_breaks_no_promise():
    assert list(broken(GOOD)) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"while_open": {"calls": 1, "latest_seconds": 0.2}}, "while it was open"),
        ({"episodes": [{"probes": 4, "ended": "closed"}]}, "instead of 3"),
        ({"episodes": []}, "0 half-open times"),
        ({"last": "open"}, "ended open"),
        ({"opened_after": [6.1]}, "opened after 6.1"),
        ({"opened_after": [None]}, "opened after None"),
        ({"in_traffic_after": [4.2]}, "back in traffic after 4.2"),
    ],
)
def test_what_broke_a_promise_is_said(change, words):
    (found,) = broken(GOOD | change)
    assert words in found
