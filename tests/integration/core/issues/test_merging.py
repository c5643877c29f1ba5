import threading
import time
from contextlib import suppress
from datetime import timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import text

from core.errors import InvalidInputError
from core.issues import merging
from core.issues.merging import AlreadyMergedError, NotMergedError
from core.store import issues
from core.store.issues import IssueNotFoundError
from tests.integration.core.rows import NOW, add_issue, add_key, add_project

pytestmark = pytest.mark.store

HOUR = timedelta(hours=1)


def merge(session, target, *sources):
    ids = [source.id for source in sources]
    return merging.merge(session, target.id, ids, actor="me", now=NOW)


def unmerge(session, source):
    return merging.unmerge(session, source.id, actor="you", now=NOW + HOUR)


def made(session, project_id, key, first, last):
    return add_issue(
        session,
        project_id,
        keys=[key],
        first_seen=NOW + first * HOUR,
        last_seen=NOW + last * HOUR,
        event_count=10 ** len(key),
    )


@pytest.fixture
def target(session, project_id):
    return made(session, project_id, "t", 5, 6)


@pytest.fixture
def source(session, project_id):
    return made(session, project_id, "ss", 1, 9)


def facts(session, *which):
    session.flush()
    ids = [issue.id for issue in which]
    return [
        (i.event_count, i.first_seen, i.last_seen, i.merged_into, i.status, keys)
        for i, keys in zip(which, issues.keys(session, ids).values(), strict=True)
    ]


def test_the_keys_of_a_merged_issue_lead_to_the_target(session, target, source):
    merge(session, target, source)
    assert issues.keys(session, [target.id, source.id]) == {
        target.id: ["ss", "t"],
        source.id: [],
    }


def test_the_target_takes_numbers_and_times_in(session, target, source):
    assert merge(session, target, source) == target
    assert target.event_count == 110
    assert (target.first_seen, target.last_seen) == (NOW + HOUR, NOW + 9 * HOUR)
    assert source.merged_into == target.id


def test_parting_restores_everything(session, target, source):
    before = facts(session, target, source)
    merge(session, target, source)
    assert facts(session, target, source) != before
    assert unmerge(session, source) == source
    assert facts(session, target, source) == before


def test_many_are_merged_in_step_with_their_number(session, project_id, target):
    """As many as may be named at once; digests that meet one of them wait meanwhile."""
    many = [made(session, project_id, f"{n:04}", -n, n) for n in range(1_000)]
    started = time.process_time()
    merge(session, target, *many)
    assert time.process_time() - started < 12
    assert (target.first_seen, target.last_seen) == (NOW - 999 * HOUR, NOW + 999 * HOUR)
    unmerge(session, many[999])
    assert (target.first_seen, target.last_seen) == (NOW - 998 * HOUR, NOW + 998 * HOUR)
    assert target.event_count == 10 + 999 * 10_000


def test_merging_and_parting_are_in_the_history(session, target, source):
    merge(session, target, source)
    unmerge(session, source)
    found = [(t.reason, t.actor) for t in issues.transitions(session, source.id)]
    assert set(found) == {
        (f"merged_into:{target.id}", "me"),
        (f"parted_from:{target.id}", "you"),
    }


def test_what_came_in_between_stays_with_the_target(session, target, source):
    merge(session, target, source)
    target.event_count += 3
    target.last_seen = NOW + 20 * HOUR
    add_key(session, target, "new")
    unmerge(session, source)
    assert (target.event_count, target.last_seen) == (13, NOW + 20 * HOUR)
    assert issues.keys(session, [target.id]) == {target.id: ["new", "t"]}


def test_a_merge_can_be_made_again_after_parting(session, target, source):
    merge(session, target, source)
    unmerge(session, source)
    merge(session, target, source)
    assert target.event_count == 110


def test_a_family_is_merged_and_parted_in_turn(session, project_id, target, source):
    third = made(session, project_id, "ddd", 0, 1)
    before = facts(session, target, source, third)
    merge(session, target, source)
    merge(session, third, target)
    assert issues.family(session, third.id) == sorted([target.id, source.id, third.id])
    assert third.event_count == 1110
    with pytest.raises(AlreadyMergedError):
        unmerge(session, source)
    unmerge(session, target)
    unmerge(session, source)
    assert facts(session, target, source, third) == before


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    times=st.lists(st.tuples(st.integers(0, 5), st.integers(5, 9)), min_size=2, max_size=4),
    order=st.randoms(use_true_random=False),
)
def test_parting_in_any_order_restores_everything(session, times, order):
    with session.begin_nested() as inner:
        project = add_project(session)
        target, *sources = [
            made(session, project, "k" * (n + 1), *place) for n, place in enumerate(times)
        ]
        before = facts(session, target, *sources)
        for source in sources:
            merge(session, target, source)
        for source in order.sample(sources, len(sources)):
            unmerge(session, source)
        after = facts(session, target, *sources)
        inner.rollback()
    assert after == before


def test_an_issue_is_not_merged_with_itself(session, target):
    with pytest.raises(InvalidInputError):
        merge(session, target, target)
    with pytest.raises(InvalidInputError):
        merge(session, target)


def test_issues_of_two_projects_are_not_one(session, target):
    stranger = add_issue(session, add_project(session, "other"))
    with pytest.raises(InvalidInputError, match="one project"):
        merge(session, target, stranger)


def test_a_merged_issue_is_neither_target_nor_source(session, project_id, target, source):
    third = add_issue(session, project_id)
    merge(session, target, source)
    with pytest.raises(AlreadyMergedError):
        merge(session, source, third)
    with pytest.raises(AlreadyMergedError):
        merge(session, third, source)


def test_an_unknown_issue_is_named(session, target):
    with pytest.raises(IssueNotFoundError):
        merging.merge(session, target.id, [0], actor="me", now=NOW)


def test_only_a_merged_issue_can_be_parted(session, target, source):
    with pytest.raises(NotMergedError):
        unmerge(session, source)


def test_of_two_who_part_the_same_issue_one_does(database, committed_project):
    with database.transaction() as session:
        target = made(session, committed_project, "t", 5, 6)
        source = made(session, committed_project, "ss", 1, 9)
        merge(session, target, source)
    refused = []

    def part_again():
        with suppress(NotMergedError), database.transaction() as session:
            unmerge(session, source)
            refused.append("was not refused")

    with database.transaction() as session:
        unmerge(session, source)
        second = threading.Thread(target=part_again)
        second.start()
        wait_until_somebody_waits(session)
    second.join()
    with database.transaction() as session:
        assert (refused, issues.get(session, target.id).event_count) == ([], 10)


def wait_until_somebody_waits(session):
    waiting = text("SELECT count(*) FROM pg_locks WHERE NOT granted")
    while not session.scalar(waiting):
        time.sleep(0.01)
