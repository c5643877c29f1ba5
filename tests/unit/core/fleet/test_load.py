import pytest

from core.fleet.load import History, Observation


def look(at, **changes):
    values = {"children": 2, "running": 2, "busy": 1.0, "backlog": 0.0}
    return Observation(at=at, **values | {"oldest": 0.0, "finished": 5.0} | changes)


def after(*looks):
    history = History.beginning(0.0)
    for each in looks:
        history = history.with_look(each, low=0.6)
    return history


def test_a_steady_load_is_known_after_a_while():
    history = after(*(look(float(second)) for second in range(120)))
    assert history.arrival == pytest.approx(5.0, rel=0.01)
    assert history.service(9.0) == pytest.approx(0.2, rel=0.2)
    assert history.utilisation(2) == pytest.approx(0.5, rel=0.01)


def test_what_comes_is_what_was_finished_and_what_more_waits():
    history = after(look(0.0), look(1000.0, backlog=3000.0, finished=1000.0))
    assert history.arrival == pytest.approx(4.0)


def test_before_a_task_was_seen_its_time_is_what_was_expected():
    assert after(look(0.0)).service(0.7) == 0.7


def test_an_incomplete_look_changes_nothing():
    seen = after(look(0.0), look(1.0))
    assert seen.with_look(look(2.0, backlog=None), low=0.6) is seen


def test_a_quiet_time_lasts_until_there_is_much_to_do():
    quiet = [look(float(second), busy=0.0) for second in range(10)]
    assert after(*quiet).low_since == 1.0
    assert after(*quiet, look(60.0, busy=2.0)).low_since is None


def test_an_idle_pool_gets_everything_done_that_there_is():
    assert after(look(0.0), look(50.0, busy=0.0, finished=0.0)).finished_at == 50.0
    assert after(look(0.0), look(50.0, backlog=1.0, finished=0.0)).finished_at == 0.0
