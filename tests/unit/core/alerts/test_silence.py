from datetime import timedelta

import pytest

from core.alerts.matcher import Matcher
from core.alerts.silence import (
    Ends,
    Facts,
    Phase,
    Scope,
    Silences,
    Window,
    next_change,
    over,
    phase,
    warnings,
)
from core.errors import UnprocessableError
from tests.unit.core.alerts.pictures import HOUR, MINUTE, NOW, alert, silence


@pytest.mark.parametrize(
    ("values", "covered"),
    [
        ({}, True),
        ({"subject": "other"}, False),
        ({"matchers": (Matcher.parse("severity=low"),)}, False),
        ({"scope": Scope.ISSUE, "subject": "7"}, True),
        ({"scope": Scope.ISSUE, "subject": "8"}, False),
        ({"scope": Scope.GROUP, "subject": "g"}, True),
        ({"scope": Scope.CHANNEL, "subject": "ops"}, False),
        ({"scope": Scope.LABELS, "matchers": (Matcher.parse("severity=~hi.*"),)}, True),
        ({"project_id": 3}, True),
        ({"project_id": 4}, False),
    ],
)
def test_what_a_silence_covers(values, covered):
    about = alert(issue_id=7, project_id=3)
    assert silence(**values).covers(about, group="g") is covered


@pytest.mark.parametrize(
    ("ends", "facts", "why"),
    [
        (Ends(at=NOW), {}, "Its time was over."),
        (Ends(at=NOW + MINUTE), {}, None),
        (Ends(resolved=True), {"firing": 1}, None),
        (Ends(resolved=True), {}, "All that it covered is resolved."),
        (Ends(events=5), {"events": 4}, None),
        (Ends(events=5), {"events": 5}, "5 more events came."),
        (Ends(release=True), {}, None),
        (Ends(release=True), {"released_at": NOW - HOUR}, None),
        (Ends(release=True), {"released_at": NOW + HOUR}, "There is a new release."),
    ],
)
def test_what_ends_a_silence(ends, facts, why):
    assert over(silence(ends=ends, matched_at=NOW), Facts(**facts), NOW) == why


def test_what_has_covered_nothing_yet_waits_for_it():
    assert over(silence(ends=Ends(resolved=True)), Facts(), NOW) is None


def test_a_release_before_it_begins_does_not_end_it():
    later = silence(ends=Ends(release=True), starts_at=NOW + HOUR)
    assert over(later, Facts(released_at=NOW + MINUTE), NOW + 2 * MINUTE) is None
    assert over(later, Facts(released_at=NOW + 2 * HOUR), NOW + 2 * HOUR) is not None


def test_a_maintenance_holds_in_its_windows_only():
    window = Window("0 12 * * mon", 30)
    nightly = silence(window=window)
    assert phase(nightly, NOW) is Phase.ACTIVE
    assert phase(nightly, NOW + 29 * MINUTE) is Phase.ACTIVE
    assert phase(nightly, NOW + 30 * MINUTE) is Phase.WAITING
    assert next_change(nightly, NOW) == NOW + 30 * MINUTE
    assert next_change(nightly, NOW + HOUR) == NOW + timedelta(days=7)
    assert not Silences.holding((nightly,), NOW + HOUR).active


def test_a_maintenance_goes_by_the_clock_of_its_zone():
    window = Window("0 12 * * *", 30, "Europe/Paris")  # 11:00 UTC in winter
    assert window.open(NOW - HOUR)
    assert not window.open(NOW)
    with pytest.raises(UnprocessableError):
        Window("0 12 * * *", 30, "Nowhere/Town").open(NOW)


def test_a_silence_may_begin_later():
    later = silence(starts_at=NOW + HOUR)
    assert (phase(later, NOW), next_change(later, NOW)) == (Phase.PENDING, NOW + HOUR)


def test_authors_are_warned():
    soon = silence(ends=Ends(at=NOW + 30 * MINUTE))
    assert warnings(soon, firing=3, now=NOW) == (
        "It ends in 30 min, and 3 alerts that it mutes still fire.",
    )
    old = silence(ends=Ends(at=NOW + timedelta(days=90)))
    assert warnings(old, firing=0, now=NOW + timedelta(days=30)) == (
        "It has matched nothing in 30 days.",
    )
    assert warnings(silence(), firing=0, now=NOW) == ("It has no end.",)


def test_the_oldest_that_covers_it_is_named():
    found = Silences.holding((silence(2), silence(1)), NOW)
    assert found.of(alert(), group="g").id == 1
    assert found.of(alert(), group="g", channel="ops") is None
    assert str(silence(1)) == "silence 1 of ann (until somebody ends it): known"
