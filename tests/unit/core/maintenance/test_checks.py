"""Each check is quiet on a healthy database, and says what to do on a sick one."""

import pytest

from core.maintenance.care import checks
from core.maintenance.care.checks import CHECKS, NAMES, findings
from core.maintenance.care.finding import Severity

MB = 2**20
SICK = {
    "databases": {"name": "m", "age": 500_000_000},
    "tables": {"name": "inbox", "dead": 50_000, "live": 50_000},
    "indexes": {"name": "ix_a", "bytes": 64 * MB, "needed": 16 * MB},
    "unused": {"name": "ix_b", "bytes": 64 * MB, "scans": 0, "days": 40.0},
    "transactions": {"pid": 7, "application": "x", "user": "u", "idle": True, "seconds": 400.0},
    "prepared": {"gid": "g", "seconds": 700.0},
    "locks": {"pid": 7, "relation": "events", "blockers": [3], "seconds": 40.0},
    "partitions": {"ahead": 1},
    "sequences": {"name": "s", "last": 60, "most": 100},
    "connections": {"used": 85, "most": 100},
    "slots": {"name": "s", "bytes": 2 * 2**30},
}
WELL = {
    "databases": {"name": "m", "age": 100},
    "tables": {"name": "inbox", "dead": 9_000, "live": 10},
    "indexes": {"name": "ix_a", "bytes": 64 * MB, "needed": 40 * MB},
    "unused": {"name": "ix_b", "bytes": 64 * MB, "scans": 1, "days": 40.0},
    "transactions": {"pid": 7, "application": "", "user": "u", "idle": False, "seconds": 400.0},
    "prepared": {"gid": "g", "seconds": 10.0},
    "locks": {"pid": 7, "relation": "events", "blockers": [], "seconds": 2.0},
    "partitions": {"ahead": 7},
    "sequences": {"name": "s", "last": 10, "most": 100},
    "connections": {"used": 10, "most": 100},
    "slots": {"name": "s", "bytes": 10},
}


@pytest.mark.parametrize("name", CHECKS)
def test_a_sick_figure_is_found_and_explained(name):
    found = CHECKS[name](SICK[name])
    assert found.check in NAMES
    assert found.summary.endswith(".")
    assert found.advice.endswith(".")


@pytest.mark.parametrize("name", CHECKS)
def test_a_healthy_figure_is_not_mentioned(name):
    assert CHECKS[name](WELL[name]) is None


def test_each_check_has_a_name_of_its_own():
    assert sorted(each.check for each in findings({n: [row] for n, row in SICK.items()})) == sorted(
        NAMES
    )


def test_it_can_get_worse():
    assert checks.wrap_around({"name": "m", "age": 1_200_000_000}).severity is Severity.CRITICAL
    assert checks.head_room({"ahead": 0}).severity is Severity.CRITICAL


def test_small_indexes_and_those_never_analysed_are_left_alone():
    assert checks.index_bloat({"name": "i", "bytes": MB, "needed": 1}) is None
    assert checks.index_bloat({"name": "i", "bytes": 64 * MB, "needed": 0}) is None
