import uuid
from datetime import timedelta

import pytest

from core.model import Issue, IssueMinute, Recovery, RecoveryAttempt
from core.recovery import report
from core.store import kpis, projects


@pytest.fixture
def world(database, clock):
    with database.transaction() as session:
        project = projects.create(session, "shop", now=clock.now())[0].id
    return World(database, clock, project)


class World:
    def __init__(self, database, clock, project):
        self.database = database
        self.clock = clock
        self.project = project

    def issue(self, events=10, **values):
        now = self.clock.now()
        known = {
            "project_id": self.project,
            "title": "Boom",
            "culprit": "",
            "level": "error",
            "category": "bug",
            "transient": False,
            "severity": "high",
            "component": "shop",
            "status": "unresolved",
            "status_changed_at": now,
            "event_count": events,
            "first_seen": now,
            "last_seen": now,
        }
        with self.database.transaction() as session:
            issue = Issue(**known | values)
            session.add(issue)
            session.flush()
            minute = now - timedelta(minutes=10)
            session.add(
                IssueMinute(
                    issue_id=issue.id, minute=minute, project_id=self.project, events=events
                )
            )
            return issue.id

    def recovery(self, state="recovered", seconds=10, *, tried=(), **values):
        ended = self.clock.now() - timedelta(minutes=5)
        planned = ended - timedelta(seconds=seconds)
        known = {
            "project_id": self.project,
            "event_id": uuid.uuid4(),
            "subject": str(uuid.uuid4()),
            "component": "shop",
            "category": "connection",
            "severity": "high",
            "rule": "r",
            "chain": ["retry"],
            "situation": {"title": "gone"},
            "state": state,
            "reason": "x",
            "first_event_at": planned - timedelta(seconds=20),
            "last_event_at": planned,
            "planned_at": planned,
            "state_at": ended,
            "ended_at": ended,
        }
        with self.database.transaction() as session:
            made = Recovery(**known | values)
            session.add(made)
            session.flush()
            for number, each in enumerate(tried, 1):
                session.add(attempt(made.id, number, each, planned))

    def figures(self, **more):
        end = self.clock.now()
        with self.database.transaction() as session:
            return kpis.of(session, since=end - timedelta(hours=1), until=end, **more)


def attempt(recovery_id, number, state, at):
    known = {"strategy": "retry", "action": "resend_task", "target": "t", "scope": 0}
    return RecoveryAttempt(
        **known,
        recovery_id=recovery_id,
        number=number,
        state=state,
        mode="auto",
        reason="x",
        timeout=30.0,
        at=at,
    )


def test_nothing_has_no_shares(world):
    total = world.figures().total
    assert (total.ended, total.recovery_rate, total.unmanaged_share) == (0, None, None)
    assert total.mttr_seconds is None


def test_rates_and_times(world):
    world.recovery(seconds=10)
    world.recovery(seconds=30, automatic=False)
    world.recovery("escalated", acted=1)
    world.recovery("escalated", tried=["watched"])
    world.recovery("escalated")  # a bug: given to a person at once
    world.recovery("shadowed")
    total = world.figures().total
    assert (total.ended, total.tried, total.recovered) == (5, 4, 2)
    assert (total.recovery_rate, total.automatic_share) == (0.5, 0.5)
    assert (total.recovery_seconds, total.longest_seconds, total.mttr_seconds) == (20, 30, 40)
    assert total.escalated_at_once == 1


def test_what_was_decided_about_is_managed(world):
    world.issue(events=10)
    world.issue(events=20, status="ignored")
    decided = world.issue(events=70, component="mail")
    world.recovery("shadowed", issue_id=decided)
    found = world.figures()
    assert (found.total.errors, found.total.unmanaged) == (100, 10)
    assert found.total.unmanaged_share == 0.1
    assert {name: each.unmanaged for name, each in found.by_component.items()} == {
        "mail": 0,
        "shop": 10,
    }


def test_by_component_and_category(world):
    world.recovery(component="mail", category="timeout")
    world.recovery("failed", component=None, category="connection")
    found = world.figures()
    assert {name: each.recovery_rate for name, each in found.by_component.items()} == {
        "": 0,
        "mail": 1,
    }
    assert set(found.by_category) == {"connection", "timeout"}


def test_other_times_and_projects_do_not_count(world):
    world.recovery()
    world.issue()
    assert world.figures(project_id=world.project + 1).total.ended == 0
    world.clock.advance(7200)
    total = world.figures().total
    assert (total.ended, total.errors) == (0, 0)


def test_the_report_names_what_was_missed(world):
    for _ in range(2):
        world.recovery("failed", situation={"title": "a|b <script>"})
    world.recovery(seconds=400)
    world.issue()
    found = world.figures()
    with world.database.transaction() as session:
        unhelped = report.given_up(session, found)
    text = report.as_markdown(found, unhelped)
    assert "| Recovery rate | 33.3% | ≥ 98.0% | **missed** |" in text
    assert "| Automatic share | 100.0% | ≥ 85.0% | met |" in text
    assert "| 2 | shop | connection | a\\|b &lt;script> |" in text
    plain = report.as_json(found, unhelped)
    assert {each["figure"]: each["met"] for each in plain["aims"]} == {
        "recovery_rate": False,
        "automatic_share": True,
        "unmanaged_share": False,
        "recovery_seconds": False,
        "mttr_seconds": False,
    }
    assert plain["given_up"][0]["count"] == 2


def test_an_empty_report_has_no_verdicts(world):
    found = world.figures()
    assert "| Recovery rate | - | ≥ 98.0% |  |" in report.as_markdown(found, [])
