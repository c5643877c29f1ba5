"""Patterns are learned from the titles of issues, whoever mines and however often."""

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from core.analysis.patterns import Limits
from core.maintenance.patterns import Mined, mine
from core.model import Issue, IssuePattern, MessagePattern
from core.store import patterns
from core.store.patterns import PatternNotFoundError, Sort
from tests.integration.core.rows import NOW, add_issue, add_project

pytestmark = pytest.mark.store


@pytest.fixture
def project_id(committed_project):
    return committed_project


@pytest.fixture
def session(database):
    """Sees what others have committed."""
    with Session(database.engine, expire_on_commit=False) as opened:
        yield opened


@pytest.fixture
def add(database, project_id):
    def add(*titles, **values):
        with database.transaction() as session:
            return [add_issue(session, project_id, title=title, **values).id for title in titles]

    return add


@pytest.fixture
def shown(database):
    def shown(**wanted):
        with database.transaction() as session:
            rows = [row[0] for row in patterns.page(session, **wanted).rows]
            return [(row.template, row.issue_count, row.event_count) for row in rows]

    return shown


def test_issues_share_patterns(database, add, shown):
    add("session opened for user root", "session opened for user bob", event_count=5)
    add("session closed for user bob", last_seen=NOW + timedelta(seconds=1))

    assert mine(database, NOW) == Mined(projects=1, issues=3, joined=0)
    assert shown() == [
        ("session closed for user bob", 1, 1),
        ("session opened for user <*>", 2, 10),
    ]
    assert shown(sort=Sort.EVENTS)[0][1:] == (2, 10)
    assert shown(query="OPENED user") == [("session opened for user <*>", 2, 10)]
    assert shown(projects=[0]) == []


def test_a_pattern_keeps_its_id_from_run_to_run(database, add, session):
    add("session opened for user root")
    mine(database, NOW)
    first = session.scalars(select(MessagePattern.pattern_id)).one()
    session.rollback()
    add("session opened for user bob")
    mine(database, NOW)

    row = session.scalars(select(MessagePattern)).one()
    assert (row.pattern_id, row.template) == (first, "session opened for user <*>")
    assert (row.messages, row.issue_count) == (2, 2)
    assert row.sample == "session opened for user root"


def test_the_ids_of_joined_patterns_lead_to_the_oldest(database, add, session):
    for name in ("root", "bob", "eve", "mallory"):
        add(f"failed for {name} again")
        mine(database, NOW)

    row = session.scalars(select(MessagePattern)).one()
    assert (row.template, row.issue_count) == ("failed for <*> again", 4)
    assert len(patterns.former_ids(session, row.id)) == 2
    assert set(patterns.aliases(session, row.project_id).values()) == {row.pattern_id}
    assert len(patterns.issues(session, row.id)) == 4


def test_a_run_without_news_counts_again(database, add, session, shown):
    (issue_id,) = add("disk full")
    mine(database, NOW)
    session.get_one(Issue, issue_id).event_count = 7
    session.commit()

    assert mine(database, NOW) == Mined(projects=1)
    assert shown() == [("disk full", 1, 7)]


def test_patterns_go_with_their_issues(database, add, session, shown):
    (issue_id, _) = add("disk full", "link down")
    mine(database, NOW)
    session.delete(session.get_one(Issue, issue_id))
    session.commit()
    mine(database, NOW)

    assert shown() == [("link down", 1, 1)]


def test_projects_that_were_not_seen_of_late_are_left_alone(database, add):
    add("disk full", last_seen=NOW - timedelta(hours=2))

    assert mine(database, NOW) == Mined()


def test_what_another_worker_mines_waits(database, add, session, project_id, shown):
    add("disk full")
    assert patterns.lock(session, project_id)

    assert mine(database, NOW).issues == 0
    session.rollback()
    mine(database, NOW)
    assert shown() == [("disk full", 1, 1)]


def test_patterns_above_the_limit_are_forgotten_and_not_learned_again(database, add, session):
    add(*("one", "two words", "three words here", "and four words here"))
    mine(database, NOW, limits=Limits(patterns=2))

    assert mine(database, NOW, limits=Limits(patterns=2)).issues == 0
    assert len(session.scalars(select(MessagePattern)).all()) == 2
    assert len(session.scalars(select(IssuePattern)).all()) == 4


def test_a_pattern_of_another_project_is_not_there(database, add, session, project_id):
    add("disk full")
    mine(database, NOW)
    row = session.scalars(select(MessagePattern.id)).one()
    other = add_project(session, "other")

    assert patterns.of_project(session, row, project_id).template == "disk full"
    for wanted, project in ((row, other), (row + 1, None)):
        with pytest.raises(PatternNotFoundError):
            patterns.of_project(session, wanted, project)
