import pytest

from config.alerts import read_text
from core.alerts.evaluation import Evaluator
from core.clock import SystemClock
from core.store import alert_rules, components
from core.store.alert_rules import NewRule
from core.store.components import Delta, Slot

RULE = """
rules:
  - {name: Cart fails, measure: component.failures, over: 5m, above: 10, severity: high}
"""


@pytest.fixture
def firing(database, project):
    now = SystemClock().now()
    (written,) = read_text(RULE).rules
    new = NewRule(name=written.rule.name, body=written.body, source="api", author="ana")
    slot = Slot(project.id, "cart", now.replace(second=0, microsecond=0))
    with database.transaction() as session:
        alert_rules.create(session, new, now=now)
        components.add(session, [(slot, Delta(failures=11))])
    with database.transaction() as session:
        Evaluator().tick(session, now)


@pytest.mark.usefixtures("firing")
def test_an_alert_from_the_list_to_its_end(ask, run):
    (found,) = ask("alert", "list")
    assert (found["state"], found["labels"]["alertname"]) == ("firing", "Cart fails")
    number = found["id"]
    assert ask("alert", "ack", number, "--why", "on it")["state"] == "acknowledged"
    assert ask("alert", "assign", number, "ana")["assignee"] == "ana"
    assert ask("alert", "note", number, "a bad deploy")["notes"][0]["text"] == "a bad deploy"
    assert ask("alert", "resolve", number)["state"] == "resolved"
    assert ask("alert", "list") == []
    assert [each["id"] for each in ask("alert", "list", "--all", "--rule", "Cart fails")] == [
        number
    ]
    assert len(ask("alert", "show", number)["transitions"]) == 3
    assert run("alert", "ack", number).exit_code == 1
    assert "Cart fails" in run("alert", "rules").stdout


def test_a_file_is_checked(run, ask, tmp_path):
    file = tmp_path / "alerts.yaml"
    file.write_text(RULE)
    assert ask("alert", "check", file)["rules"] == ["Cart fails"]
    file.write_text(RULE.replace("failures", "failurs"))
    wrong = run("alert", "check", file)
    assert wrong.exit_code == 1
    assert f"{file}: line 3: error: rule 'Cart fails'" in wrong.stderr


def test_what_is_shipped_passes_its_own_check(run, tmp_path):
    file = tmp_path / "alerts.yaml"
    file.write_text(run("alert", "rules", "--shipped").stdout)
    assert run("alert", "check", file).exit_code == 0


def test_a_state_that_there_is_not_is_wrong_use(run):
    assert run("alert", "list", "--state", "bogus").exit_code == 2
