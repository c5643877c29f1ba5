import pytest

from workers.restarts import TIRELESS, Restart, Restarts


def test_the_delay_grows_with_the_deaths_in_the_window():
    restarts = Restarts(base=1, factor=2, cap=100, deaths=None)
    delays = [restarts.decide([0.0] * n, 0.0).delay for n in (1, 2, 3, 4)]
    assert delays == [1, 2, 4, 8]


def test_the_delay_is_capped():
    assert Restarts(base=1, cap=3, deaths=None).decide([0.0] * 9, 0.0) == Restart(3)


@pytest.mark.parametrize(("deaths", "broken"), [(3, False), (4, True), (5, True)])
def test_the_fourth_death_in_a_minute_is_too_much(deaths, broken):
    assert Restarts().decide([float(n) for n in range(deaths)], 10.0).broken is broken


def test_deaths_before_the_window_are_forgotten():
    assert Restarts().decide([0.0, 1.0, 2.0, 100.0], 100.0) == Restart(0.25)


def test_a_broken_process_gets_one_chance_after_each_rest():
    restarts = Restarts(rest=15)
    assert restarts.decide([0.0, 1.0, 2.0, 3.0], 3.0) == Restart(15, broken=True)
    assert restarts.decide([0.0, 1.0, 2.0, 3.0, 18.0], 18.0) == Restart(15, broken=True)


def test_servers_are_never_given_up():
    assert not TIRELESS.decide([0.0] * 100, 0.0).broken
