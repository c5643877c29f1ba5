import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.errors import InvalidInputError, TooLargeError
from core.intake.components import DURATION_BOUNDS, buckets, deltas, merged
from core.store.components import Delta, Slot
from tests.unit.core.intake.samples import refusal

NOW = datetime(2026, 3, 1, 12, 0, 30, tzinfo=UTC)
MINUTE = datetime(2026, 3, 1, 12, tzinfo=UTC)


def read(payload, component="billing"):
    return deltas(7, component, payload, received_at=NOW)


def one(**report):
    ((slot, delta),) = read({"outcome": "success"} | report)
    assert slot == Slot(7, "billing", MINUTE)
    return delta


def test_a_success():
    assert one() == Delta(successes=1)


def test_a_failure_without_a_connection():
    delta = one(outcome="Failure", connected=False, count=2)
    assert delta == Delta(failures=2, connections_lost=2)


def test_durations_and_memory():
    delta = one(duration_ms=12.5, memory_bytes=1_000, count=3, connected=True)
    assert (delta.duration_count, delta.duration_sum, delta.duration_max) == (3, 37.5, 12.5)
    assert delta.memory_max == 1_000
    assert sum(delta.duration_buckets) == 3


@pytest.mark.parametrize(
    ("duration", "place"), [(0, 0), (1, 0), (1.1, 1), (60_000, 14), (60_001, 15), (1e9, 15)]
)
def test_buckets_end_with_their_bound(duration, place):
    assert buckets(duration, 2)[place] == 2
    assert len(buckets(duration, 2)) == len(DURATION_BOUNDS) + 1


def test_reports_of_a_minute_add_up():
    ((_, delta),) = read([{"outcome": "success"}, {"outcome": "failure"}, {"outcome": "success"}])
    assert (delta.successes, delta.failures) == (2, 1)


def test_reports_go_to_their_own_minute():
    earlier = "2026-03-01T11:58:59Z"
    found = dict(read([{"outcome": "success"}, {"outcome": "success", "at": earlier}]))
    assert {slot.minute for slot in found} == {MINUTE, MINUTE - timedelta(minutes=2)}


def test_times_far_off_are_ours():
    ((slot, _),) = read({"outcome": "success", "at": "2020-01-01T00:00:00Z"})
    assert slot.minute == MINUTE


@pytest.mark.parametrize(
    "report",
    [
        {},
        {"outcome": "maybe"},
        {"outcome": 1},
        {"outcome": "success", "count": 0},
        {"outcome": "success", "count": "2"},
        {"outcome": "success", "count": True},
        {"outcome": "success", "count": 10**9 + 1},
        {"outcome": "success", "duration_ms": -1},
        {"outcome": "success", "duration_ms": math.inf},
        {"outcome": "success", "memory_bytes": 2**60},
        "text",
        None,
    ],
)
def test_wrong_reports_refuse_all(report):
    with pytest.raises(InvalidInputError):
        read([{"outcome": "success"}, report])


@pytest.mark.parametrize("name", ["", "  ", "\x00", "x" * 201])
def test_names_are_neither_empty_nor_endless(name):
    with pytest.raises(InvalidInputError):
        read({"outcome": "success"}, name)


def test_too_many_at_once():
    with pytest.raises(TooLargeError):
        read([{"outcome": "success"}] * 10_001)


def test_batches_merge_by_slot():
    slot = Slot(7, "a", MINUTE)
    together = merged([(slot, Delta(successes=1)), (slot, Delta(successes=2))])
    assert together == [(slot, Delta(successes=3))]


VALUES = st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.just([])
REPORT = st.fixed_dictionaries(
    {"outcome": st.sampled_from(["success", "failure"])},
    optional=dict.fromkeys(
        ("count", "duration_ms", "memory_bytes", "connected", "at", "new"), VALUES
    ),
)


@given(REPORT | st.lists(REPORT) | VALUES)
def test_anything_is_read_or_refused(payload):
    error = refusal(read, payload)
    assert error is None or error.http_status == 400
