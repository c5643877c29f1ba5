import pytest
from sqlalchemy import text

from core.store.leaders import campaign, resign


@pytest.fixture
def runs_for(session):
    def run(holder, seconds=10):
        return campaign(session, "fleet", holder=holder, seconds=seconds)

    return run


def test_one_leads_and_stays(runs_for):
    assert [runs_for("a"), runs_for("b"), runs_for("a")] == [True, False, True]


def test_whose_time_is_over_is_replaced(runs_for, session):
    runs_for("a")
    session.execute(text("UPDATE leaders SET until = 'epoch'"))
    assert [runs_for("b"), runs_for("a")] == [True, False]


def test_a_dead_leader_whose_clock_was_a_day_ahead_is_replaced(runs_for, session):
    runs_for("a")
    session.execute(text("UPDATE leaders SET until = clock_timestamp() + interval '1 day'"))
    assert [runs_for("b"), runs_for("a")] == [True, False]


def test_only_the_leader_resigns(runs_for, session):
    runs_for("a")
    resign(session, "fleet", holder="b")
    assert not runs_for("b")
    resign(session, "fleet", holder="a")
    assert runs_for("b")
