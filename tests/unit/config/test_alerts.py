"""Rules of alerts from YAML: the short form, whole rules, and the lines of what is wrong."""

import gc

import pytest
import yaml

from config.alerts import read_text, shipped
from config.alerts_file import Document, filled, variables

THRESHOLDS = """
alerts:
  global:
    error_rate_threshold: 10  # errors per minute
    recovery_rate_threshold: 0.7  # 70% minimum recovery rate

  components:
    dependency-manager:
      error_threshold: 5
      consecutive_failures: 3
      response_time_threshold: "30s"

    powershell-modules:
      crash_threshold: 1
      memory_threshold: "500MB"

    redis-operations:
      connection_loss_threshold: 1
      circuit_breaker_open_duration: "5m"

  notification_channels:
    - type: "slack"
      webhook_url: "${SLACK_WEBHOOK_URL}"
      severity_levels: ["critical", "high"]
"""


def meant(text=THRESHOLDS):
    found = read_text(text)
    assert found.problems == ()
    return {
        each.rule.name: (
            each.rule.measure.name,
            str(each.rule.side),
            each.rule.first.threshold,
            each.line,
        )
        for each in found.rules
    }


def wrong(text):
    return [(problem.line, problem.where, problem.what) for problem in read_text(text).problems]


def test_thresholds_in_few_words_are_rules():
    assert meant() == {
        "global error rate": ("issue.event_rate", "above", 10, 4),
        "global recovery rate": ("recovery.rate", "below", 0.7, 5),
        "dependency-manager error rate": ("component.error_rate", "above", 5, 9),
        "dependency-manager consecutive failures": (
            "component.consecutive_failures",
            "at_least",
            3,
            10,
        ),
        "dependency-manager response time": ("component.p95", "above", 30, 11),
        "powershell-modules crashes": ("issue.crashes", "at_least", 1, 14),
        "powershell-modules memory": ("component.memory", "above", 5e8, 15),
        "redis-operations connection loss": ("component.connections_lost", "at_least", 1, 18),
        "redis-operations breaker open": ("breaker.open_for", "at_least", 300, 19),
    }


def test_channels_belong_to_others_and_secrets_are_filled_in_where_they_are_used():
    content = Document(THRESHOLDS).content["alerts"]
    (channel,) = content["notification_channels"]
    assert variables(channel) == {"SLACK_WEBHOOK_URL"}
    assert filled(channel, {"SLACK_WEBHOOK_URL": "https://x"})["webhook_url"] == "https://x"
    with pytest.raises(KeyError):
        filled(channel, {})


def test_what_is_shipped_can_be_used():
    assert shipped().usable
    assert len(shipped().rules) > 10


def test_each_mistake_has_its_line_and_what_to_do():
    found = read_text("""
rules:
  - name: x
    measure: component.p59
  - name: y
    measure: component.p95
    above: {critical: 3s, high: 5s}
    foo: 1
    where: {host: a}
    escalate: [{after: 5q}]
""")
    assert [problem.line for problem in found.problems] == [4, 7, 8, 9, 10]
    assert found.problems[0].remedy == "Did you mean 'component.p99'?"
    assert all("rule" in problem.where for problem in found.problems)
    assert not found.usable


@pytest.mark.parametrize(
    ("rule", "what"),
    [
        ("measure: component.errors", "It has not exactly one threshold."),
        ("{measure: component.errors, above: 1, clears: 2}", "'clears' lies beyond the threshold."),
        ("{measure: signal.count, above: 1}", "Which signal is meant is not said."),
        ("{measure: component.errors, above: 5m}", "'above': 'm' is no unit of count; write "),
        (
            "{measure: component.errors, above: 1, labels: {component: x}}",
            "'component' is a label of its series.",
        ),
        (
            "{measure: component.p95, above: 1, with: {fewest: many}}",
            "Its options make no sense: 'fewest': 'many' is no number.",
        ),
        (
            "{measure: recovery.rate, below: 0.5, with: {fewest: 5m}}",
            "Its options make no sense: 'fewest': 'm' is no unit of count",
        ),
        ("{measure: queue.age, above: 1m, project: shop}", "Its series belong to no project."),
    ],
)
def test_what_cannot_be_a_rule(rule, what):
    body = rule.removeprefix("{").removesuffix("}")
    (problem,) = read_text(f"rules: [{{name: x, {body}}}]").problems
    assert problem.what.startswith(what)


def test_a_name_stands_for_one_rule():
    twice = "\n".join(
        ["rules:", *["  - {name: x, measure: component.errors, above: 1}" for _ in range(2)]]
    )
    assert wrong(twice) == [(3, "rule 'x'", "The rule of line 2 has the same name.")]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("rules: [", 1),
        ("a: 1\na: 2", 2),
        ("- x", 1),
        ("rules: &a [*a]", 1),
        ("x: !!python/none", 1),
    ],
)
def test_what_is_no_file_of_alerts(text, line):
    found = read_text(text)
    assert not found.usable
    assert found.problems[0].line == line


def test_anchors_in_anchors_do_not_fill_the_memory():
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)]
    (problem,) = read_text("\n".join(lines)).problems
    assert (problem.what, problem.fatal) == ("This is not YAML: too many values.", True)


def test_what_was_read_does_not_stay():
    """A worker reads the file again every half a minute."""
    read_text(THRESHOLDS)
    before = nodes()
    for _ in range(3):
        read_text(THRESHOLDS)
    assert nodes() == before


def nodes():
    gc.collect()
    return sum(isinstance(each, yaml.Node) for each in gc.get_objects())


def test_shipped_rules_without_a_fixed_number_wait_for_enough_data():
    """On the first day there is little, and nobody is to be paged for that."""
    found = {each.rule.name: each.rule for each in shipped().rules}
    budget = found["Error budget burns"].measure
    assert (budget.name, budget.option("least")) == ("burn_rate.factor", 100)
    assert budget.option("short") == "5m"
    unusual = found["Unusual errors"]
    assert (unusual.measure.name, unusual.measure.by) == ("anomaly.errors", ("project",))
    assert unusual.ladder[0].severity == "low"
