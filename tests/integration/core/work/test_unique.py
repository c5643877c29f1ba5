"""One piece of work a key: among the living, and for a time among those that ended."""

from datetime import timedelta

import pytest

from core.errors import InvalidInputError, report

MINUTE = timedelta(minutes=1)


@pytest.fixture
def end(database, ledger):
    def end_as(work_id, how):
        started = ledger.start(work_id, task="t.do", message_id="m", worker="w")
        if how == "dead":
            ledger.give_up(started, report(InvalidInputError()), reason="permanent")
            return
        with database.transaction() as session:
            ledger.finish(session, started)

    return end_as


def test_key_of_an_ended_row_is_free_at_once(order, end):
    first = order(unique_key="k")
    end(first, "done")
    assert order(unique_key="k") != first


def test_key_stays_taken_for_its_time(order, end, clock):
    first = order(unique_key="k", unique_for=MINUTE)
    end(first, "done")
    clock.advance(59)
    assert order(unique_key="k", unique_for=MINUTE) == first
    clock.advance(1)
    assert order(unique_key="k", unique_for=MINUTE) != first


def test_time_counts_from_the_decision(order, end, clock):
    first = order(unique_key="k", unique_for=MINUTE)
    clock.advance(61)
    assert order(unique_key="k") == first  # it lives
    end(first, "done")
    assert order(unique_key="k") != first


def test_what_died_may_be_ordered_again(order, end):
    first = order(unique_key="k", unique_for=MINUTE)
    end(first, "dead")
    assert order(unique_key="k", unique_for=MINUTE) != first


def test_states_that_count_are_the_orders(order, end):
    states = frozenset({"done", "dead"})
    first = order(unique_key="k", unique_for=MINUTE, unique_states=states)
    end(first, "dead")
    assert order(unique_key="k", unique_states=states) == first


def test_what_was_cancelled_may_be_ordered_again(database, ledger, order):
    first = order(unique_key="k", unique_for=MINUTE)
    with database.transaction() as session:
        ledger.cancel(session, first, reason="not wanted")
    assert order(unique_key="k") != first
