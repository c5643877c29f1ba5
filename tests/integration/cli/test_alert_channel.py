import json
from dataclasses import replace

import pytest

from core.alerts.channel import NoticeKind
from core.alerts.notify import Wanted, notify
from core.alerts.sample import sample
from core.store import notifications, work
from core.store.notifications import Outcome
from tests.conftest import NOON
from tests.http_sink import sinking


@pytest.fixture
def sink():
    with sinking() as found:
        yield found


@pytest.fixture
def declared(tmp_path, monkeypatch, sink):
    """A file of channels that lead to the sink."""
    file = tmp_path / "channels.toml"
    file.write_text(
        f"""
        [channels.ops]
        type = "webhook"
        url = "{sink.url}/told"
        title = "{{{{ kind }}}}: {{{{ title }}}}"
        [channels.pages]
        type = "pagerduty"
        url = "{sink.url}/v2/enqueue"
        integration_key = "${{PAGERDUTY_KEY}}"
        """
    )
    file.chmod(0o600)
    monkeypatch.setenv("MENDLINE_CHANNELS_FILE", str(file))
    monkeypatch.setenv("MENDLINE_OUTBOUND_ALLOW", '["127.0.0.1"]')
    monkeypatch.setenv("PAGERDUTY_KEY", "0123456789abcdef")


def test_a_channel_is_tried(ask, declared, sink):
    tried = ask("alert", "test-channel", "ops")
    body = json.loads(sink.received[0].body)
    assert (tried["sent"], tried["status"], tried["answer"]) == (True, 200, "ok")
    assert sink.received[0].headers["webhook-id"] == tried["webhook_id"]
    assert body["title"] == "test: This is a test of Mendline"


def test_what_is_opened_for_a_test_is_closed_again(run, declared, sink):
    assert run("alert", "test-channel", "pages").exit_code == 0
    told = [json.loads(each.body)["event_action"] for each in sink.received]
    assert told == ["trigger", "resolve"]


def test_a_look_before_anybody_is_told(ask, declared, sink):
    shown = ask("alert", "test-channel", "ops", "--preview")
    assert shown["title"] == "test: This is a test of Mendline"
    assert sink.received == []


def test_a_channel_that_refuses_is_shown_with_its_answer(run, declared, sink):
    sink.answers = [(403, {}, b"key 0123456789abcdef is wrong")]
    result = run("alert", "test-channel", "pages")
    assert result.exit_code == 1
    assert "key •••• is wrong" in result.output
    assert len(sink.received) == 1


def test_a_channel_that_is_away_is_something_else(run, declared, sink):
    sink.answers = [(503, {}, b"")]
    assert run("alert", "test-channel", "ops").exit_code == 3


def test_a_channel_that_nobody_declared(run, declared):
    result = run("alert", "test-channel", "fax")
    assert result.exit_code == 1
    assert "declared are: ops, pages" in result.output


def test_channels_are_listed_without_their_secrets(run, declared, monkeypatch):
    result = run("alert", "channels")
    assert result.exit_code == 0
    assert "0123456789abcdef" not in result.output
    monkeypatch.delenv("PAGERDUTY_KEY")
    broken = run("alert", "channels", "--json")
    assert broken.exit_code == 1
    assert "PAGERDUTY_KEY, which is not set" in json.loads(broken.stdout)[1]["problem"]


def test_a_channel_that_cannot_be_used_is_told_beside_lists_and_by_the_doctor(
    run, declared, monkeypatch
):
    monkeypatch.delenv("PAGERDUTY_KEY")
    for listed in ("rules", "list"):
        result = run("alert", listed, "--json")
        assert result.exit_code == 0
        assert isinstance(json.loads(result.stdout), list)
        assert "needs the environment variable PAGERDUTY_KEY" in result.stderr
    checks = json.loads(run("doctor", "--json").stdout)["checks"]
    (found,) = [each for each in checks if each["name"] == "channels"]
    assert (found["state"], "PAGERDUTY_KEY" in found["detail"]) == ("note", True)


def test_what_was_told_is_listed_with_its_attempts(ask, run, database):
    wanted = Wanted(
        channel="ops",
        kind=NoticeKind.TRIGGER,
        dedup_key="d",
        title="Too slow",
        summary="s",
        alerts=[replace(sample().alerts[0], id=3)],
    )
    with database.transaction() as session:
        made = notify(session, wanted, add=lambda s, o: work.add(s, o, NOON).work_id, now=NOON)
        attempt = notifications.begin(session, notifications.get(session, made), NOON)
        notifications.ended(session, attempt, Outcome(seconds=0.2, status=503, error="away"))
    listed = ask("alert", "deliveries", "--channel", "ops")
    assert (listed[0]["title"], listed[0]["attempts"][0]["status"]) == ("Too slow", 503)
    assert ask("alert", "deliveries", "--state", "dead") == []
    assert "away" in run("alert", "deliveries").output
