"""Which rows go next, over all that may wait at once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from core.store.bands import band, is_critical
from core.work.aging import LEVEL, OVERDUE
from core.work.picking import AHEAD, Candidate, Lane, Out, heads, pick

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)

waits = st.timedeltas(timedelta(0), timedelta(hours=2))
keys = st.sampled_from([None, None, "a", "b"])
made = st.builds(
    lambda queue, priority, wait, key: (queue, priority, NOW - wait, key),
    st.sampled_from(["alerts", "recovery"]),
    st.integers(0, 9),
    waits,
    keys,
)
waiting = st.lists(made, max_size=40).map(
    lambda rows: [Candidate(number, *row, limit=2) for number, row in enumerate(rows)]
)
counts = st.sampled_from([0, AHEAD - 3, AHEAD, AHEAD + 50])
outs = st.builds(
    Out,
    st.fixed_dictionaries({(q, b): counts for q in ("alerts", "recovery") for b in range(4)}),
    st.sampled_from([frozenset(), frozenset({"alerts"})]),
)


def candidate(work_id, priority=5, *, waited=timedelta(0), queue="alerts", key=None):
    return Candidate(work_id, queue, priority, NOW - waited, key, 1)


def picked(rows, out=None, *, rooms=None, limit=100):
    return pick(rows, out or Out(), key_rooms=rooms or {}, now=NOW, limit=limit)


def ids(found):
    return [each.work_id for each in found.placed]


@given(waiting, outs, st.integers(1, 30))
def test_no_room_is_ever_overdrawn(rows, out, limit):
    found = picked(rows, out, rooms={"a": 1, "b": 0}, limit=limit)
    by_id = {row.work_id: row for row in rows}
    chosen = [(by_id[each.work_id], each) for each in found.placed]
    assert len(chosen) <= limit
    assert Counter(row.key for row, _ in chosen if row.key) <= Counter(a=1)
    used = Counter((row.queue, each.band) for row, each in chosen if not lifted(row, each))
    assert all(number <= out.room(*spot) for spot, number in used.items())
    lifts = Counter(row.queue for row, each in chosen if lifted(row, each))
    assert all(n == 1 and queue not in out.lifted for queue, n in lifts.items())


def lifted(row, placed):
    return placed.band == 0 and not is_critical(row.priority)


@given(waiting)
def test_critical_work_is_before_all_other(rows):
    critical = [is_critical(rows[work_id].priority) for work_id in ids(picked(rows))]
    assert critical == sorted(critical, reverse=True)


@given(waiting)
def test_nothing_is_overtaken_by_what_came_long_after_it(rows):
    """Six levels lie between the best and the worst of them: six minutes."""
    chosen = [rows[work_id] for work_id in ids(picked(rows))]
    for first, second in pairwise(row for row in chosen if not is_critical(row.priority)):
        assert first.due_at - second.due_at <= 6 * LEVEL


@given(waiting)
def test_all_goes_where_there_is_room(rows):
    found = picked(rows, rooms={"a": 100, "b": 100})
    assert sorted(ids(found)) == [row.work_id for row in rows]
    assert not found.blocked


def test_low_priority_that_waited_goes_first():
    old, new = candidate(1, 9, waited=7 * LEVEL), candidate(2, 3)
    assert ids(picked([new, old])) == [1, 2]


def test_message_has_the_priority_that_waiting_earned():
    (placed,) = picked([candidate(1, 9, waited=4 * LEVEL)]).placed
    assert (placed.priority, placed.band) == (5, 1)


def test_full_band_does_not_hold_up_another():
    out = Out({("alerts", 3): AHEAD})
    found = picked([candidate(1, 9), candidate(2, 8)], out)
    assert (ids(found), found.blocked) == ([2], True)


def test_one_overdue_row_a_queue_goes_with_the_critical():
    out = Out({("alerts", 1): AHEAD})
    rows = [candidate(number, 9, waited=OVERDUE) for number in (1, 2)]
    found = picked(rows, out)
    assert [(each.work_id, each.band) for each in found.placed] == [(1, 0)]
    assert ids(picked(rows, Out(out.messages, frozenset({"alerts"})))) == []


def test_full_key_is_told_and_others_go():
    rows = [candidate(1, key="a"), candidate(2, key="a"), candidate(3)]
    found = picked(rows, rooms={"a": 1})
    assert (ids(found), found.full_keys) == ([1, 3], {"a"})


def test_key_that_somebody_else_holds_is_left_for_the_next_round():
    found = picked([candidate(1, key="a")])
    assert (ids(found), found.full_keys, found.blocked) == ([], frozenset(), True)


def test_a_lane_is_read_one_row_beyond_its_room():
    lane = Lane("alerts", 9, "")
    assert heads([lane], Out(), limit=50) == {lane: 51}
    full = Out({("alerts", number): AHEAD for number in range(1, 4)})
    assert heads([lane], full, limit=50) == {lane: 1}
    assert band(lane.priority) == 3
