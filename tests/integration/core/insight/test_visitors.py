from datetime import timedelta
from random import Random

import pytest
from sqlalchemy import select

from core.insight import visitors
from core.insight.visitors import HASHES, KEPT, MOST, VALUES_KEPT, Distinct, estimate
from core.model import Facet, IssueFacet, IssueVisitor, VisitorLimit
from tests.integration.core.insight.rows import count, facet, meet
from tests.integration.core.rows import NOW, add_issue

LONG_AGO = NOW - timedelta(days=90)
HOUR = timedelta(hours=1)


def hashes(number, seed=1):
    rng = Random(seed)
    return {rng.randrange(HASHES) for _ in range(number)}


@pytest.fixture
def issue(database, committed_project):
    with database.transaction() as session:
        made = add_issue(session, committed_project)
        count(session, made, 1, minutes_ago=1)
        return made


def asked(database, issue, *, every=False, since=LONG_AGO):
    with database.transaction() as session:
        ids = None if every else [issue.id]
        return visitors.distinct(session, issue.project_id, ids, since=since)


def test_few_are_counted_exactly(database, issue):
    with database.transaction() as session:
        meet(session, issue, hashes(40))
        meet(session, issue, hashes(5, seed=2), at=NOW - timedelta(days=2))
    assert asked(database, issue) == Distinct(45)
    assert asked(database, issue, since=NOW - HOUR) == Distinct(40)
    assert visitors.crop(database, NOW, window=HOUR).visitors == 0


def test_many_are_estimated_from_those_that_are_kept(database, issue):
    with database.transaction() as session:
        meet(session, issue, hashes(5_000))
    assert visitors.crop(database, NOW, window=HOUR).visitors == 1
    with database.transaction() as session:
        assert len(session.scalars(select(IssueVisitor.hash)).all()) == KEPT
    found = asked(database, issue)
    assert found.count == pytest.approx(5_000, rel=0.15)
    assert 0.04 < found.error < 0.05
    assert visitors.crop(database, NOW, window=HOUR).visitors == 0


def test_a_lower_limit_stays(database, issue):
    with database.transaction() as session:
        meet(session, issue, range(MOST + 1))
        low = VisitorLimit(
            project_id=issue.project_id, kind=1, issue_id=issue.id, below=7, set_at=NOW
        )
        session.add(low)
    visitors.crop(database, NOW, window=HOUR)
    with database.transaction() as session:
        assert session.scalar(select(VisitorLimit.below)) == 7


def test_samples_of_several_issues_are_united(database, issue, committed_project):
    with database.transaction() as session:
        other = add_issue(session, committed_project)
        count(session, other, 1, minutes_ago=1)
        everybody = sorted(hashes(4_000))
        meet(session, issue, everybody)
        meet(session, other, everybody[::4])
    visitors.crop(database, NOW, window=HOUR)
    assert asked(database, issue, every=True).count == pytest.approx(4_000, rel=0.15)


def test_old_traces_make_room_for_new_ones(database, issue):
    with database.transaction() as session:
        meet(session, issue, range(1_000), kind=2, at=NOW - timedelta(minutes=5))
        meet(session, issue, range(1_000, 1_100), kind=2)
    assert visitors.crop(database, NOW, window=HOUR).traces == 1
    with database.transaction() as session:
        kept = set(session.scalars(select(IssueVisitor.hash)))
    assert kept >= set(range(1_000, 1_100))


def test_rare_values_are_folded_into_one(database, issue):
    with database.transaction() as session:
        for number in range(120):
            facet(session, issue, Facet.RELEASE, f"r{number:03}", number + 1)
    assert visitors.crop(database, NOW, window=HOUR).values == 1
    with database.transaction() as session:
        found = {row.value: row.events for row in session.scalars(select(IssueFacet))}
    assert len(found) == VALUES_KEPT + 1
    assert found[""] == sum(range(1, 71))
    assert sum(found.values()) == sum(range(1, 121))


def test_an_empty_sample_is_no_division_by_zero():
    assert estimate(0, 5).count == 0
    assert estimate(0, HASHES - 1) == Distinct(0)
