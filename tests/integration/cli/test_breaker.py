import pytest


@pytest.fixture(autouse=True)
def with_redis(run, redis_server, redis_client, monkeypatch):
    monkeypatch.setenv("MENDLINE_REDIS_URL", redis_server)


def test_open_close_and_reset(ask):
    assert ask("breaker", "open", "pay", "--reason", "drill", "--for", "5")["state"] == "open"
    assert ask("breaker", "close", "pay")["forced"] is True
    assert ask("breaker", "reset", "pay")["state"] == "closed"
    history = ask("breaker", "history", "pay")
    states = ["closed", "forced_closed", "forced_open", "forced_opening"]
    assert [each["new"] for each in history] == states
    assert [each["name"] for each in ask("breaker", "list")] == ["pay"]
    assert ask("breaker", "list", "--state", "open") == []


def test_settings_of_one(ask):
    changed = ask("breaker", "set", "pay", "threshold=2", "mode=metrics")
    assert changed["settings"]["threshold"] == 2
    assert ask("breaker", "set", "pay", "threshold=")["own_settings"] == {"mode": "metrics"}
    assert ask("breaker", "show", "pay")["settings"]["mode"] == "metrics"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["show", "none"], 1),
        (["set", "pay", "threshold"], 2),
        (["set", "pay", "tries=5"], 2),
        (["open", "pay", "--for", "0"], 2),
        (["open", "pay", "--for", "1e12"], 2),
        (["close", "pay", "--for", "nan"], 2),
    ],
)
def test_what_does_not_work(run, arguments, code):
    assert run("breaker", *arguments).exit_code == code
