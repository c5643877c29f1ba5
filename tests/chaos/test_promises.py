"""Promises, logs and reports of the drills: what they must not overlook."""

import json
from dataclasses import replace

import pytest

from tests.chaos import logs, report, scenarios
from tests.chaos.faults import Kill
from tests.chaos.outcome import Hit, Outcome, as_json
from tests.chaos.scenario import Expected
from tests.chaos.targets import Target

BOOKS = {
    "received": 10,
    "accepted": 9,
    "skipped": 0,
    "rejected": {"too_large": 1},
    "stored": 8,
    "duplicates": 1,
    "pending": 0,
}
GOOD = Outcome("calm", "Nothing happens.", 7, books=BOOKS, doctor=0)


def line(event, *, child="general-1", at=0.0, level="info"):
    stamp = f"2026-03-01T12:{int(at // 60):02}:{at % 60:06.3f}Z"
    told = {"event": event, "child": child, "timestamp": stamp, "level": level}
    return f"worker-general | {json.dumps(told)}"


def test_what_went_well_breaks_no_promise():
    assert Expected(recovery=30, restarts=3, errors=15).broken(GOOD) == []


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"lost": ["a"]}, "lost"),
        ({"doubled": ["a"]}, "twice"),
        ({"doctor": 1}, "doctor"),
        ({"books": BOOKS | {"received": 11}}, "books"),
        ({"books": BOOKS | {"stored": 7}}, "books"),
        ({"books": {}}, "books"),
        ({"settled_in": 241.0}, "settled"),
        ({"availability": 0.98}, "98.0%"),
        ({"hits": [Hit("kill api", "api", "", recovered_in=31)]}, "31.0 s"),
        ({"errors_per_minute": 15.1}, "15.1 errors"),
        ({"restarts": {"general-1": 4}}, "4 restarts"),
        ({"logged": {}}, "process.ended"),
    ],
)
def test_each_broken_promise_is_said(change, words):
    expected = Expected(
        recovery=30, availability=0.99, errors=15, restarts=3, logged=("process.ended",)
    )
    outcome = replace(GOOD, **({"logged": {"process.ended": 1}} | change))
    (broken,) = expected.broken(outcome)
    assert words in broken


@pytest.mark.parametrize(
    ("scenario", "broker", "killed"),
    [
        (scenarios.EVERYTHING_KILLED, "rabbitmq", True),
        (scenarios.EVERYTHING_KILLED, "amqp://elsewhere", False),
        (scenarios.EVERYTHING_KILLED, None, False),
        (scenarios.REDIS_CONNECTION, "rabbitmq", False),
    ],
)
def test_a_drill_kills_a_rabbitmq_of_its_own_as_it_kills_redis(scenario, broker, killed):
    found = scenarios.on(scenario, broker)
    assert (Kill(target=Target.RABBITMQ) in found.faults) is killed
    assert found.around.broker == broker
    assert found.name.endswith("on RabbitMQ") is bool(broker)


def test_a_fault_without_any_event_is_no_fallback():
    hits = [Hit("reset redis", "redis", "", accepted=3), Hit("freeze redis", "redis", "")]
    (broken,) = Expected(during=True).broken(replace(GOOD, hits=hits))
    assert "freeze redis" in broken


def test_restarts_in_a_row_are_counted_by_window():
    moments = (0, 10, 20, 30, 75, 85)
    told = logs.told("\n".join(line("process.started", at=at) for at in moments))
    assert told.starts == {"general-1": 6}
    assert told.restarts == {"general-1": 3}


def test_the_chance_after_a_rest_begins_a_new_count():
    lives = [line("process.started", at=at) for at in (0, 5, 10, 15)]
    rested = [line("process.broken", at=16), line("process.started", at=31)]
    told = logs.told("\n".join(lives + rested + [line("process.started", at=40)]))
    assert told.restarts["general-1"] == 3
    assert told.events["process.broken"] == 1


def test_errors_are_counted_and_foreign_lines_passed_over():
    text = "\n".join([line("task.failed", at=30, level="error"), "LOG: { not ours", line("x")])
    told = logs.told(text)
    assert (told.errors, told.minutes) == (1, 0.5)


def test_the_report_names_what_was_broken_and_what_was_not_possible():
    failed = replace(GOOD, scenario="bad day", broken=["3 were done twice"])
    absent = replace(GOOD, scenario="no disk", impossible="that needs root")
    text = report.markdown([GOOD, failed, absent])
    assert "| bad day | broken |" in text
    assert "- 3 were done twice" in text
    assert "Not possible on this machine: that needs root." in text
    assert [each["scenario"] for each in json.loads(as_json([GOOD, failed]))] == ["calm", "bad day"]
