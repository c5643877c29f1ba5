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


def test_an_edit_is_what_a_replay_sends(ask, letter, database):
    edited = ask("deadletter", "edit", letter("a"), "--kwargs", '{"id": 8}', "--queue", "recovery")
    assert edited["arguments"]["kwargs"]["id"] == 7
    assert [(each["version"], each["queue"]) for each in edited["edits"]] == [(1, "recovery")]
    (row,) = ask("deadletter", "replay", edited["id"])
    made = work(database, row)
    assert (made.arguments, made.queue) == ({"id": 8}, "recovery")


def test_who_did_what_is_told(ask, letter):
    letter_id = letter("a")
    ask("deadletter", "edit", letter_id, "--kwargs", '{"id": 8}')
    ask("deadletter", "discard", letter_id, "--close-reason", "customer was deleted")
    acts = ask("deadletter", "show", letter_id)["acts"]
    assert [each["act"] for each in acts] == ["edited", "discarded"]
    assert acts[0]["actor"].startswith("cli:")
    assert acts[1]["detail"] == {"close_reason": "customer was deleted"}


def test_groups_are_counted(ask, letter):
    letter("a", error=report(NotFoundError("no channel 17")))
    letter("b", error=report(NotFoundError("no channel 18")))
    letter("c", task="x.y")
    newest, older = ask("deadletter", "groups")
    assert (newest["task"], newest["letters"]) == ("x.y", 1)
    assert (older["open"], older["reasons"]) == (2, {"exhausted": 2})
    found = ask("deadletter", "list", "--group", older["group"])
    assert len(found) == 2


def test_a_filter_replays_in_a_run(ask, letter, database):
    letters = [letter("a"), letter("b"), letter("c", task="x.y")]
    ask("deadletter", "discard", letters[0])
    wanted = ("deadletter", "replay", "--task", "alerts.deliver", "--rate", "30/m", "--batch", "7")
    preview = ask(*wanted, "--dry-run")
    assert (preview["letters"], preview["seconds"]) == (1, 2.0)
    assert ask("deadletter", "replays", "list") == []
    run = ask(*wanted)
    assert (run["matched"], run["rate"], run["batch"]) == (1, 0.5, 7)
    (shown,) = ask("deadletter", "replays", "list")
    assert ask("deadletter", "replays", "show", shown["id"])["acts"][0]["act"] == "started"
    assert ask("deadletter", "replays", "stop", run["id"])["state"] == "stopped"


def test_a_filter_discards_the_open_ones_only(ask, letter):
    letters = [letter("a"), letter("b"), letter("c", task="x.y")]
    ask("deadletter", "discard", letters[0], "--close-reason", "customer was deleted")
    rows = ask("deadletter", "discard", "--task", "alerts.deliver", "--reason", "exhausted")
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


WRONG = [
    ["replay"],
    ["discard"],
    ["replay", "--project", "shop"],
    ["replay", "1", "--task", "a"],
    ["replay", "--task", "a", "--rate", "soon"],
    ["replay", "--task", "a", "--rate", "0.0000001/h"],
    ["edit", "1", "--kwargs", "[]"],
    ["edit", "1", "--args", "{"],
    ["edit", "1", "--args", "[NaN]"],
    ["edit", "1", "--args", "[" * 9_000],
    ["replay", "--task", "a", "--failure-share", "nan"],
    ["list", "--since", "yesterday"],
]


@pytest.mark.parametrize("arguments", WRONG, ids=lambda given: " ".join(given)[:40])
def test_wrong_use(run, project, arguments):
    assert run("deadletter", *arguments).exit_code == 2
