"""How soon the dispatcher looks again."""

from core.work.dispatch import Round
from core.work.picking import AHEAD
from workers.dispatcher import (
    FIRST_LOOK_SECONDS,
    LAST_LOOK_SECONDS,
    POLL_SECONDS,
    pause_after,
)


def blocked(sent):
    return Round(sent, blocked=True)


def test_with_nothing_in_the_way_it_waits_until_it_is_woken():
    assert pause_after(Round(5), FIRST_LOOK_SECONDS) == POLL_SECONDS


def test_rows_that_wait_for_room_are_looked_at_soon():
    assert pause_after(blocked(AHEAD), POLL_SECONDS) == FIRST_LOOK_SECONDS


def test_looks_that_find_little_room_become_rare_up_to_a_limit():
    pauses = [FIRST_LOOK_SECONDS]
    for _ in range(10):
        pauses.append(pause_after(blocked(3), pauses[-1]))
    assert pauses == sorted(pauses)
    assert pauses[-1] == LAST_LOOK_SECONDS


def test_looks_that_find_much_room_become_frequent_again():
    assert pause_after(blocked(AHEAD), LAST_LOOK_SECONDS) == LAST_LOOK_SECONDS / 2
    assert pause_after(blocked(AHEAD), FIRST_LOOK_SECONDS) == FIRST_LOOK_SECONDS


def test_looks_that_find_a_good_part_stay_as_they_are():
    assert pause_after(blocked(AHEAD // 3), 0.1) == 0.1
