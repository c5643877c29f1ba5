import json

import pytest
from click.testing import CliRunner

from cli.analyze import analyze


def run(command, text):
    result = CliRunner().invoke(analyze, [command], input=text)
    return result, [json.loads(line) for line in result.stdout.splitlines()]


def test_fingerprint_answers_each_event_in_order():
    result, answers = run("fingerprint", '{"message": "one"}\n{"message": "two"}\n')

    assert result.exit_code == 0
    assert [answer["title"] for answer in answers] == ["one", "two"]
    assert set(answers[0]) == {"issue_key", "title", "culprit", "mechanism", "why"}


@pytest.mark.parametrize(
    "record",
    [
        {"type": "TimeoutError", "module": "redis.exceptions", "message": "slow"},
        {"code": "DEADLINE_EXCEEDED", "module": "grpc"},
        {"http_status": 504},
        {"message": "read timed out"},
        {"exception": [{"type": "TimeoutError"}], "platform": "python"},
    ],
)
def test_classify_takes_records_and_events(record):
    _, (answer,) = run("classify", json.dumps(record))

    assert (answer["category"], answer["transient"]) == ("timeout", True)
    assert {"family", "severity", "confidence", "rule"} <= set(answer)


def test_classify_shows_what_the_family_read():
    _, (answer,) = run("classify", '{"message": "rate limit: limit 60, retry after 30"}')

    assert answer["context"]["retry_after"] == "30"


def test_normalise_answers_empty_lines_too():
    _, answers = run("normalise", "user 5\n\nuser 6\n")

    assert [answer["template"] for answer in answers] == ["user <n>", "", "user <n>"]


@pytest.mark.parametrize("bad", ["{nonsense", "[1]", "7"])
def test_a_bad_line_is_named_and_the_others_are_answered(bad):
    result, answers = run("fingerprint", f'{{"message": "one"}}\n{bad}\n{{"message": "two"}}\n')

    assert result.exit_code == 1
    assert answers[1]["line"] == 2
    assert "line 2: not " in result.stderr
    assert answers[2]["title"] == "two"


def test_events_are_read_as_leniently_as_intake_does():
    result, (answer,) = run("fingerprint", '{"message": "half a pair \\ud83d, \\u0000"}')

    assert result.exit_code == 0
    assert answer["title"].startswith("half a pair")


def test_a_line_that_is_no_text_is_read_anyhow():
    result = CliRunner().invoke(analyze, ["normalise"], input=b"caf\xe9 5\n")

    assert json.loads(result.stdout)["template"] == "caf\ufffd <n>"


def test_classify_tells_kind_code_status_and_proposal():
    record = {"type": "DeadlockDetected", "module": "psycopg.errors"}

    _, (answer,) = run("classify", json.dumps(record))

    assert (answer["kind"], answer["code"], answer["http_status"]) == (
        "deadlock",
        "DB-DEADLOCK",
        503,
    )
    assert answer["proposal"] == {"action": "retry", "policy": "database.deadlock"}


@pytest.mark.parametrize(
    "record",
    [
        {"type": "DeadlockDetected", "module": "psycopg.errors", "message": "deadlock"},
        {"exception": [{"type": "DeadlockDetected"}], "platform": "python"},
    ],
)
def test_solutions_takes_records_and_events(record):
    _, (answer,) = run("solutions", json.dumps(record))

    assert answer["solutions"][0]["id"] == "deadlock"
    assert {"title", "explanation", "steps", "sources", "score"} <= set(answer["solutions"][0])


def test_knowledge_of_ones_own_decides(tmp_path, monkeypatch):
    text = '[[library]]\nname = "shop"\nmodules = "shop"\n[library.types]\nunavailable = "Frozen"\n'
    (tmp_path / "classification-shop.toml").write_text(text)
    monkeypatch.setenv("MENDLINE_KNOWLEDGE_DIR", str(tmp_path))

    _, (answer,) = run("classify", '{"type": "Frozen", "module": "shop.ledger"}')

    assert (answer["category"], answer["rule"]) == ("unavailable", "type:shop.Frozen")


def test_rules_that_are_no_text_are_wrong_use(tmp_path):
    file = tmp_path / "rules.toml"
    file.write_bytes(b"# Gr\xfc\xdfe")
    result = CliRunner().invoke(analyze, ["fingerprint", "--rules", str(file)], input="{}")
    assert (result.exit_code, "is not UTF-8" in result.stderr) == (2, True)
