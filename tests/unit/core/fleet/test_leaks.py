from random import Random

import pytest

from core.fleet.leaks import Sample, slope

MEGABYTE = 2**20


def child(number, *, leak=0.0, level=100.0, tasks=3_000, seed=1):
    noise = Random(seed + number)
    for done in range(0, tasks, 50):
        megabytes = level + leak * done / 1_000 + noise.uniform(-1, 1)
        yield Sample(number, done, int(megabytes * MEGABYTE))


def test_a_leak_is_found_whatever_the_level_of_each_child():
    found = slope([*child(1, leak=5, level=80), *child(2, leak=5, level=300)])
    assert found == pytest.approx(5 * MEGABYTE, rel=0.1)


def test_without_one_there_is_hardly_a_slope():
    assert abs(slope(child(1))) < MEGABYTE


def test_filling_caches_is_not_leaking():
    grown = [Sample(1, done, done * MEGABYTE) for done in range(0, 200, 10)]
    assert abs(slope([*grown, *child(1)])) < MEGABYTE


def test_too_few_tasks_tell_nothing():
    assert slope(child(1, leak=50, tasks=1_000)) is None
    assert slope([]) is None
