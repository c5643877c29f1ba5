from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from core.store import components
from core.store.components import Delta, Slot

COUNTS = st.integers(0, 1_000)
DELTAS = st.builds(
    Delta,
    events=COUNTS,
    successes=COUNTS,
    failures=COUNTS,
    duration_count=COUNTS,
    duration_sum=st.integers(0, 1_000).map(float),
    duration_max=st.integers(0, 1_000).map(float),
    duration_buckets=st.lists(COUNTS, max_size=4).map(tuple),
    memory_max=st.none() | COUNTS,
    connections_lost=COUNTS,
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


@given(DELTAS, DELTAS, DELTAS)
def test_in_which_order_deltas_are_added_does_not_matter(a, b, c):
    assert (a + b) + c == a + (b + c)
    assert a + b == b + a


@given(DELTAS)
def test_nothing_changes_nothing(delta):
    assert delta + Delta() == delta


def test_the_longest_and_the_most_are_kept():
    total = Delta(duration_max=5, memory_max=None) + Delta(duration_max=3, memory_max=8)
    assert (total.duration_max, total.memory_max) == (5, 8)


def test_buckets_are_added_place_by_place():
    assert (
        Delta(duration_buckets=(1, 2)) + Delta(duration_buckets=(1, 0, 4))
    ).duration_buckets == (
        2,
        2,
        4,
    )


def test_one_row_for_each_slot_in_order():
    slots = [Slot(2, "b", NOON), Slot(1, "b", NOON), Slot(1, "a", NOON), Slot(1, "b", NOON)]
    projects, names, *_ = components.parameters((slot, Delta(events=1)) for slot in slots)
    assert list(zip(projects, names, strict=True)) == [(1, "a"), (1, "b"), (2, "b")]


def test_no_deltas_are_empty_columns():
    assert components.parameters([]) == [[]] * 12
