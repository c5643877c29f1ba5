from pathlib import Path

import pytest

from core.maintenance.logs.rotation import DAY, Closed, Rotation, surplus

ROTATION = Rotation(bytes=100, seconds=DAY, kept_bytes=30, kept_seconds=10 * DAY, least_free=5)
NOW = 100 * DAY


def closed(name, size=10, age=1.0):
    return Closed(Path(name), size, NOW - age * DAY)


def names(files, *, free=1_000):
    return [file.path.name for file in surplus(files, ROTATION, free=free, now=NOW)]


@pytest.mark.parametrize(
    ("size", "written", "due"),
    [(99, NOW, False), (100, NOW, True), (1, NOW - 1, True), (0, NOW - 1, False)],
)
def test_a_file_is_closed_by_size_and_at_the_turn_of_its_period(size, written, due):
    assert ROTATION.due(size, written, NOW) is due


def test_what_fits_and_is_young_stays():
    assert names([closed("a"), closed("b"), closed("c")]) == []


def test_the_oldest_go_first_until_the_rest_fits():
    assert names([closed("new", age=1), closed("old", age=3), closed("mid", 15, age=2)]) == ["old"]


def test_what_is_too_old_goes_whatever_fits():
    assert names([closed("a", age=11), closed("b", age=9)]) == ["a"]


def test_a_disk_that_is_nearly_full_takes_more():
    assert names([closed("a", 3, age=2), closed("b", 3, age=1)], free=1) == ["a", "b"]
