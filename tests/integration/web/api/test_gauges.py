"""Applications write numbers of their own, which rules look at."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from config.alerts import read_text
from core.alerts.evaluation import Evaluator
from core.model import Alert, GaugeMinute
from core.store import alert_rules
from core.store.alert_rules import NewRule, Source

GAUGES = "/api/v1/gauges"
COST = {"name": "queue_cost", "value": 12.5, "labels": {"currency": "EUR", "kind": "sms"}}
RULE = """
rules:
  - name: Dear
    measure: gauge.last
    with: {gauge: queue_cost}
    by: [project, kind]
    above: 10
"""


@pytest.fixture
def application(as_role, project):
    return as_role("ingest", project.id)


def rows(database):
    with database.transaction() as session:
        found = session.scalars(select(GaugeMinute).order_by(GaugeMinute.minute)).all()
        session.expunge_all()
        return found


def test_a_batch_is_kept_by_the_minute_with_its_extremes(application, database, project):
    values = [COST | {"value": value} for value in (3, 9, 4)]
    answer = application.post(GAUGES, json={"gauges": [*values, {"name": "memory", "value": 7}]})
    assert (answer.status_code, answer.json()) == (200, {"taken": 4})
    cost = next(each for each in rows(database) if each.name == "queue_cost")
    assert (cost.last, cost.least, cost.most) == (4, 3, 9)
    assert (cost.labels, cost.project_id) == (COST["labels"], project.id)


def test_what_is_told_late_lies_in_its_own_minute(application, database):
    now = {"gauges": [COST]}
    assert application.post(GAUGES, json=now).status_code == 200
    at = rows(database)[0].minute - timedelta(hours=3)
    late = {"gauges": [COST | {"at": at.isoformat()}]}
    assert application.post(GAUGES, json=late).status_code == 200
    assert rows(database)[0].minute == at


def test_a_rule_sees_what_an_application_wrote(application, database):
    application.post(GAUGES, json={"gauges": [COST]})
    at = rows(database)[0].minute
    (written,) = read_text(RULE).rules
    new = NewRule(name=written.rule.name, body=written.body, source=Source.API, author="ana")
    with database.transaction() as session:
        alert_rules.create(session, new, now=at)
        Evaluator().tick(session, at + timedelta(seconds=2))
        (alert,) = session.scalars(select(Alert))
        assert (alert.labels["kind"], alert.value) == ("sms", 12.5)


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "no name"},
        {"name": "x" * 101},
        {"value": "much"},
        {"value": None},
        {"labels": {"shoe": "43"}},
        {"labels": {"kind": "x" * 201}},
        {"at": "2026-01-01T00:00:00"},
        {"unit": "EUR"},
    ],
)
def test_what_is_wrong_is_refused_as_a_whole(application, database, wrong):
    answer = application.post(GAUGES, json={"gauges": [COST, COST | wrong]})
    assert answer.status_code == 422
    assert rows(database) == []


def test_batches_are_bounded(application):
    assert application.post(GAUGES, json={"gauges": []}).status_code == 422
    assert application.post(GAUGES, json={"gauges": [COST] * 1_001}).status_code == 422


def test_series_of_a_project_are_bounded(application):
    many = [{"name": f"n{number}", "value": 1} for number in range(1_000)]
    assert application.post(GAUGES, json={"gauges": many}).status_code == 200
    assert application.post(GAUGES, json={"gauges": many[:3]}).status_code == 200
    answer = application.post(GAUGES, json={"gauges": [COST]})
    assert (answer.status_code, answer.json()["code"]) == (422, "ML-VAL-0075")


def test_only_of_projects_that_the_key_is_for(as_role, project, other_project):
    stranger = as_role("ingest", other_project.id)
    named = {"gauges": [COST], "project": str(project.id)}
    assert stranger.post(GAUGES, json=named).status_code == 404
    whole = as_role("ingest")
    assert whole.post(GAUGES, json={"gauges": [COST]}).status_code in (400, 422)
    assert whole.post(GAUGES, json=named).status_code == 200
    assert as_role("read", project.id).post(GAUGES, json=named).status_code == 200
