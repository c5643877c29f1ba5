from datetime import timedelta

import pytest

from core.alerts.reading import rule as read_rule
from core.store import alert_rules, components, projects
from core.store.alert_rules import NewRule

BACKTEST = "/api/v1/alert-rules/backtest"
RULE = {"name": "Bursts", "measure": "component.errors", "over": "5m", "above": 20}
MINUTE = timedelta(minutes=1)


@pytest.fixture
def post(operator):
    return lambda body: operator.post(BACKTEST, json=body)


@pytest.fixture
def bursts(database, clock):
    """Of the shop one and two hours ago."""
    with database.transaction() as session:
        project = projects.create(session, "web", now=clock.now())[0].id
        rows = [
            (
                components.Slot(project, "shop", clock.now() - (60 * hours - place) * MINUTE),
                components.Delta(events=10),
            )
            for hours in (1, 2)
            for place in range(8)
        ]
        components.add(session, rows)


def test_how_often_it_would_have_fired(post, bursts):
    found = post({"rule": RULE, "days": 0.25}).json()
    assert found["summary"] == "Would have fired twice in 6 hours; 2 told."
    assert found["rules"] == {"Bursts": {"fired": 2, "told": 2}}
    assert found["notifications"]["nobody"] >= 2
    assert [each["labels"]["component"] for each in found["episodes"]] == ["shop", "shop"]


def test_with_a_silence_of_half_the_time(post, bursts, clock):
    until = (clock.now() - 90 * MINUTE).isoformat()
    silence = {"matchers": ["component=shop"], "until": until}
    found = post({"rule": RULE, "days": 0.25, "silences": [silence]}).json()
    assert found["summary"] == "Would have fired twice in 6 hours; 1 told with this silence."


def test_a_rule_that_there_is(post, bursts, database, clock):
    with database.transaction() as session:
        body = NewRule(name=read_rule(RULE).name, body=RULE, source="api", author="ana")
        rule_id = alert_rules.create(session, body, now=clock.now()).id
    assert post({"rule_id": str(rule_id), "days": 0.25}).json()["fired"] == 2


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({}, "exactly one"),
        ({"rule": RULE, "content": "rules: []"}, "exactly one"),
        ({"rule": RULE, "days": 30}, "looks"),
        ({"rule": RULE, "days": 0.1, "until": "0001-01-01T01:00:00Z"}, "begins"),
        ({"rule": {**RULE, "above": "many"}}, "no number"),
        ({"rule": RULE, "days": 0.1, "silences": [{}]}, "without matchers"),
        (
            {
                "rule": {
                    "name": "Disk",
                    "measure": "forecast.gauge",
                    "with": {"gauge": "disk", "limit": 1},
                    "below": "6h",
                },
                "days": 0.1,
            },
            "Forecasts",
        ),
    ],
)
def test_what_is_not_played(post, body, told):
    answer = post(body)
    assert answer.status_code == 422
    assert told in answer.text


def test_readers_may_not_spend_our_time(reader):
    assert reader.post(BACKTEST, json={"rule": RULE}).status_code == 403
