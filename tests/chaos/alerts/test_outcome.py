"""The verdict over the drill of alerts: what it must not overlook."""

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from tests.chaos.alerts.crossings import Crossing
from tests.chaos.alerts.ledger import Episode, Note, Rows
from tests.chaos.alerts.outcome import Hit, Outcome, Seen, judge
from tests.chaos.alerts.receivers import CHANNELS, Came
from tests.chaos.alerts.report import markdown

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
NAME = "drill-reports-0"


def note(number, channel, kind):
    return Note(number, channel, kind, "key", f"{kind}-{channel}", "delivered", 1.7, (1,))


NOTES = tuple(
    note(number, channel, kind)
    for number, (kind, channel) in enumerate(
        (kind, channel) for kind in ("trigger", "resolve") for channel in CHANNELS
    )
)
CAME = [Came(n.channel, n.webhook_id, "key", 2.0 + n.id, taken=True) for n in NOTES]
GOOD = Seen(
    [Crossing(NAME, by_events=False, at=1.0)],
    CAME,
    Rows(episodes=(Episode(1, NAME, resolved=True, fired_at=1.5),), notes=NOTES),
    [],
)
AGAIN = replace(CAME[0], at=3.0)
REFUSED = replace(CAME[0], taken=False)


def broken(seen, **values):
    outcome = Outcome(seed=7, trouble=0.0, **values)
    judge(outcome, seen)
    return outcome.broken


def rows(**values):
    return replace(GOOD, rows=replace(GOOD.rows, **values))


def note_as(**values):
    return rows(notes=(replace(NOTES[0], **values), *NOTES[1:]))


def test_what_went_well_breaks_nothing_and_is_measured():
    outcome = Outcome(seed=7, trouble=0.0)
    judge(outcome, GOOD)
    assert outcome.broken == []
    assert outcome.delivered["all"] == {"count": 4, "p50": 2.0, "p99": 4.0, "max": 4.0}
    assert "All promises were kept." in markdown(outcome)
    assert json.loads(json.dumps(outcome.plain()))["notifications"]["resolve delivered"] == 4


@pytest.mark.parametrize(
    ("seen", "words"),
    [
        (rows(episodes=()), "has no alert"),
        (note_as(state="dead"), "is dead"),
        (replace(GOOD, came=[REFUSED, *CAME[1:]]), "never came to slack"),
        (note_as(webhook_id="another"), "which no notification has"),
        (note_as(dedup_key="another"), "another dedup key"),
        (rows(episodes=(Episode(1, NAME, resolved=False, fired_at=1.5),)), "is not resolved"),
        (replace(GOOD, came=[*CAME[1:], CAME[0]]), "is no end"),
        (replace(GOOD, came=[AGAIN, *CAME]), "1 raw duplicates, and only 0 kills"),
        (replace(GOOD, crossings=[Crossing(NAME, by_events=False, at=-9.0)]), "14.0 s"),
    ],
)
def test_each_broken_promise_is_said(seen, words):
    if not seen.rows.episodes:
        seen = replace(seen, rows=Rows(), came=[])
    assert any(words in each for each in broken(seen)), broken(seen)


def test_the_same_episode_under_two_ids_is_found():
    second = replace(NOTES[0], id=99, webhook_id="trigger-again")
    twice = replace(CAME[0], webhook_id="trigger-again")
    seen = replace(rows(notes=(*NOTES, second)), came=[twice, *CAME])
    assert any("under different ids" in each for each in broken(seen))


def test_a_duplicate_is_forgiven_to_a_kill_that_hit_an_attempt():
    kills = [Hit("child", "killed", NOW + timedelta(seconds=s)) for s in (-5, 1, 9)]
    seen = replace(rows(broken_off=(NOW, NOW)), came=[AGAIN, *CAME], hits=kills)
    outcome = Outcome(seed=7, trouble=0.0)
    judge(outcome, seen)
    assert (outcome.duplicates, outcome.kills_in_flight, outcome.broken) == (1, 1, [])
