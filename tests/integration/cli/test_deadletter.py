import json
from datetime import UTC, datetime

import pytest

from core import deadletters
from core.deadletters import Capture
from core.errors import NotFoundError, report
from core.model import WorkItem

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def letter(database):
    def make(key, **values):
        capture = Capture(
            **{
                "capture_key": key,
                "reason": "exhausted",
                "task": "alerts.deliver",
                "queue": "alerts",
                "arguments": {"args": [], "kwargs": {"id": 7, "password": "hunter2"}},
                "error": report(NotFoundError("no such channel")),
                **values,
            }
        )
        with database.transaction() as session:
            return deadletters.capture(session, capture, NOW)

    return make


def work(database, row):
    with database.transaction() as session:
        return session.get_one(WorkItem, int(row["work_id"]))


def test_the_list_is_filtered(ask, letter):
    letter("a", reason="poison")
    wanted = letter("b", task="intake.report")
    (found,) = ask("deadletter", "list", "--reason", "exhausted", "--query", "intake")
    assert found["id"] == str(wanted)


def test_show_has_everything_but_secrets(ask, letter):
    shown = ask("deadletter", "show", letter("a"))
    assert shown["arguments"]["kwargs"]["id"] == 7
    assert "hunter2" not in str(shown)
    assert shown["error_code"] == "ML-REF-0001"


def test_a_replay_becomes_work_with_the_whole_arguments(ask, letter, database):
    (row,) = ask("deadletter", "replay", letter("a"))
    made = work(database, row)
    assert (made.task, made.queue, made.state) == ("alerts.deliver", "alerts", "waiting")
    assert made.arguments == {"id": 7, "password": "hunter2"}
    assert ask("deadletter", "show", row["id"])["state"] == "replayed"


def test_a_replay_may_change_what_is_sent(ask, letter, database):
    edit = ("--kwargs", '{"id": 8}', "--queue", "maintenance")
    (row,) = ask("deadletter", "replay", letter("a"), *edit)
    made = work(database, row)
    assert (made.arguments, made.queue) == ({"id": 8}, "maintenance")


def test_a_filter_replays_the_open_ones_only(run, ask, letter):
    letters = [letter("a"), letter("b"), letter("c", task="x.y")]
    ask("deadletter", "discard", letters[0], "--reason", "customer was deleted")
    rows = ask("deadletter", "replay", "--task", "alerts.deliver")
    assert [row["id"] for row in rows] == [str(letters[1])]
    assert ask("deadletter", "show", letters[0])["close_reason"] == "customer was deleted"


def test_one_that_is_closed_holds_up_no_other(run, letter):
    first, second = letter("a"), letter("b")
    run("deadletter", "discard", first)
    result = run("deadletter", "discard", first, second, "--json")
    closed, discarded = json.loads(result.stdout)
    assert result.exit_code == 1
    assert "ML-DEAD-0002" in closed["error"]
    assert discarded == {"id": str(second), "state": "discarded"}


@pytest.mark.parametrize(
    "arguments",
    [["replay"], ["discard"], ["replay", "1", "--kwargs", "[]"], ["replay", "1", "--args", "{"]],
)
def test_wrong_use(run, arguments):
    assert run("deadletter", *arguments).exit_code == 2
