from datetime import UTC, datetime

import pytest

from core.clock import FixedClock
from core.errors import DatabaseUnavailableError, InvalidInputError
from core.intake.rejection import Reason, reason_of, skipped_kind
from core.intake.tally import Tally
from core.store.books import BookLine

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = NOON.date()


@pytest.fixture
def tally():
    return Tally(FixedClock(NOON))


def test_counts_add_up_until_they_are_taken(tally):
    tally.rejected("invalid", 7)
    tally.rejected("invalid", 7, 2)
    tally.skipped("session", 7)
    assert sorted(tally.take()) == [
        BookLine(DAY, 7, "rejected", "invalid", 3),
        BookLine(DAY, 7, "skipped", "session", 1),
    ]
    assert tally.take() == []


def test_without_a_project_it_is_project_zero(tally):
    tally.rejected("no_key")
    assert tally.take() == [BookLine(DAY, 0, "rejected", "no_key", 1)]


def test_what_could_not_be_posted_is_given_back(tally):
    tally.rejected("invalid", 7)
    lines = tally.take()
    tally.rejected("invalid", 7)
    tally.give_back(lines)
    assert tally.take() == [BookLine(DAY, 7, "rejected", "invalid", 2)]


def test_observers_hear_of_each(tally):
    heard = []
    observed = Tally(FixedClock(NOON), lambda *found: heard.append(found))
    observed.rejected("invalid", 7, 2)
    observed.skipped("session", 7)
    assert heard == [("rejected", "invalid", 2), ("skipped", "session", 1)]


def test_clients_cannot_invent_kinds():
    assert skipped_kind("session") == "session"
    assert skipped_kind("hologram") == "unknown"


@pytest.mark.parametrize(
    ("error", "reason"),
    [
        (InvalidInputError(reason=Reason.TOO_LARGE), "too_large"),
        (InvalidInputError(), "invalid"),
        (DatabaseUnavailableError(), "unavailable"),
    ],
)
def test_every_refusal_has_a_reason(error, reason):
    assert reason_of(error) == reason
