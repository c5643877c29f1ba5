import json
import uuid
from pathlib import Path

import orjson
import pytest
from click.testing import CliRunner

from cli.analyze import analyze
from core.clock import SystemClock
from core.model import Event, EventId, Issue
from core.store import partitions
from core.store.payloads import Payloads

RULES = """[[grouping]]
name = "one"
match.type = "ValueError"
fingerprint = ["{{ default }}", "{{ tags.region }}"]
title = "Better"

[[classification]]
name = "two"
match.message = "*no*"
category = "timeout"
"""
EVENT = {"exception": {"values": [{"type": "ValueError", "value": "no"}]}, "platform": "python"}


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "rules.toml"
    path.write_text(RULES)
    return path


def test_a_good_file_is_said_to_be_good(run, ask, file):
    assert run("rules", "check", file).stdout == "2 rules, and nothing against them.\n"
    assert ask("rules", "check", file) == {"usable": True, "rules": 2, "problems": []}


def test_mistakes_are_told_as_compilers_do(run, file):
    file.write_text(RULES.replace("match.type", "match.typ"))
    result = run("rules", "check", file)
    assert result.exit_code == 1
    assert result.stderr == (
        f"{file}: line 3: error: rule 'one': An event has no field 'typ'. Did you mean 'type'?\n"
    )


def test_rules_are_set_shown_and_removed(run, ask, file, project):
    assert ask("rules", "set", project.name, file)["version"] == 1
    assert run("rules", "show", project.name).stdout == RULES
    assert ask("rules", "hits", project.name) == [
        {"rule": "one", "events": 0},
        {"rule": "two", "events": 0},
    ]
    assert ask("rules", "remove", project.name)["version"] == 2
    assert run("rules", "show", project.name).exit_code == 1
    assert run("rules", "show", project.name, "--version", 1).stdout == RULES
    assert [row["rules"] for row in ask("rules", "history", project.name)] == [0, 2]


def test_a_file_with_mistakes_is_not_set(run, ask, file, project):
    file.write_text(RULES + "[[grouping]]\n")
    result = run("rules", "set", project.name, file)
    assert (result.exit_code, "line 11" in result.stderr) == (2, True)
    assert ask("rules", "history", project.name) == []


@pytest.fixture
def event_id(database, project, make_issue):
    """A stored event of today."""
    now, issue_id, event_id = SystemClock().now(), make_issue(), uuid.uuid4()
    place = {"event_id": event_id, "project_id": project.id, "received_at": now}
    analysis = {"issue_key": f"key-{issue_id}", "mechanism": "exception", "why": ["type: x"]}
    with database.transaction() as session:
        partitions.ensure(session, now.date(), now.date())
        session.execute(Issue.__table__.update().values(last_seen=now).where(Issue.id == issue_id))
        document = orjson.dumps({"event": EVENT, "analysis": analysis})
        payload = Payloads().pack(session, document, None)
        plain = {"level": "error", "category": "bug", "transient": False, "severity": "low"}
        session.add(EventId(**place))
        session.add(Event(**place, **plain, issue_id=issue_id, timestamp=now, payload=payload))
    return event_id


def test_a_preview_reads_well_and_as_json(run, ask, file, event_id):
    text = run("issue", "preview", "--rules", file).stdout
    assert "shop: 1 events of 1 issues were looked at." in text
    assert "rule 'one': 1 events" in text
    assert "New title: issue" in text
    found = ask("issue", "preview", "--rules", file, "--project", "shop")["shop"]
    assert (found["moved"], found["hits"]) == (1, {"one": 1, "two": 1})


def test_an_event_says_why(run, ask, event_id):
    assert ask("issue", "why", event_id)["mechanism"] == "exception"
    text = run("issue", "why", event_id).stdout
    assert "The exception's type and message decided the key" in text
    assert text.endswith("  type: x\n")


def test_analyze_applies_a_file_without_a_server(file):
    def answers(command, record):
        arguments = [command, "--rules", str(file)]
        return json.loads(CliRunner().invoke(analyze, arguments, input=json.dumps(record)).stdout)

    found = answers("fingerprint", EVENT)
    assert (found["rule"], found["title"], found["mechanism"]) == ("one", "Better", "fingerprint")
    assert answers("classify", EVENT)["rule"] == "rule:two"
    assert answers("classify", {"message": "no"})["category"] == "timeout"
    assert "rule" not in answers("fingerprint", {"message": "x"})


def test_the_examples_of_the_guide_are_without_mistakes(run, tmp_path):
    page = Path(__file__).parents[3] / "docs" / "howto" / "grouping-rules.md"
    blocks = page.read_text().split("```toml\n")[1:]
    assert blocks
    for block in blocks:
        path = tmp_path / "example.toml"
        path.write_text(block.partition("```")[0])
        result = run("rules", "check", path)
        assert (result.exit_code, result.stderr) == (0, "")
