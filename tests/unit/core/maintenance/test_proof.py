from dataclasses import replace
from datetime import date

import pytest

from core.maintenance.proof import Day, Evidence, contradictions
from core.store.books import Totals

TODAY = date(2026, 3, 1)
TOTALS = Totals(
    accepted=10, stored=6, duplicates=1, pending=3, skipped=2, thinned=1, rejected={"too_large": 1}
)
DAY = Day(TODAY, 1, booked=6, booked_thinned=1, events=6, thinned=1, ids=6, counted=6)
RIGHT = Evidence(
    totals=TOTALS,
    spooled=5,
    days=(DAY,),
    ids_without_event=0,
    events_without_issue=0,
    issues_without_key=0,
    issue_events=6,
    negative_entries=0,
)


def test_right_books_contradict_nothing():
    assert contradictions(RIGHT) == []


@pytest.mark.parametrize(
    "fault",
    [
        {"totals": replace(TOTALS, accepted=11)},
        {"totals": replace(TOTALS, duplicates=0)},
        {"totals": replace(TOTALS, pending=4)},
        {"issue_events": 7},
        {"ids_without_event": 1},
        {"events_without_issue": 1},
        {"issues_without_key": 1},
        {"negative_entries": 1},
    ],
)
def test_each_number_that_does_not_fit_is_told(fault):
    (found,) = contradictions(replace(RIGHT, **fault))
    assert found.expected != found.found
    assert found.day is None


@pytest.mark.parametrize("number", ["booked", "booked_thinned", "thinned", "ids", "counted"])
def test_each_number_of_a_day_that_does_not_fit_is_told(number):
    day = replace(DAY, **{number: 99})
    (found,) = contradictions(replace(RIGHT, days=(DAY, day)))
    assert 99 in {found.expected, found.found}
    assert (found.day, found.project_id) == (TODAY, 1)


def test_a_lost_event_contradicts_everything_that_knew_it():
    day = replace(DAY, events=5)
    found = contradictions(replace(RIGHT, days=(day,)))
    assert [each.what for each in found] == [
        "stored by the books = events",
        "event ids = events",
        "counts by the minute = events",
    ]
