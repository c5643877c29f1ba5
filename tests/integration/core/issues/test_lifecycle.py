import threading
from datetime import timedelta

import pytest

from core.errors import InvalidInputError
from core.issues import lifecycle
from core.issues.lifecycle import Change, Changed, Status
from core.issues.states import IGNORE_OVER, REGRESSION
from core.store import issues
from tests.integration.core.rows import NOW, add_issue

pytestmark = pytest.mark.store

LATER = NOW + timedelta(hours=1)
RESOLVE = Change(new=Status.RESOLVED, actor="key:me")


@pytest.fixture
def issue(session, project_id):
    return add_issue(session, project_id)


def history(session, issue):
    found = issues.transitions(session, issue.id)
    return [(t.old, t.new, t.reason, t.actor, t.at) for t in found]


def test_a_change_is_a_new_state_and_a_row_of_history(session, issue):
    changed = lifecycle.change(session, [issue.id], RESOLVE, now=LATER)
    assert changed == [
        Changed(issue.id, issue.project_id, Status.UNRESOLVED, Status.RESOLVED),
    ]
    assert (issue.status, issue.status_changed_at) == ("resolved", LATER)
    assert history(session, issue) == [("unresolved", "resolved", "by_hand", "key:me", LATER)]


def test_changing_to_the_same_state_is_no_change(session, issue):
    lifecycle.change(session, [issue.id], RESOLVE, now=NOW)
    assert lifecycle.change(session, [issue.id], RESOLVE, now=LATER) == []
    assert issue.status_changed_at == NOW
    assert len(history(session, issue)) == 1


def test_many_are_changed_at_once_and_only_these_are_told(session, project_id):
    states = ["unresolved", "resolved", "ignored", "regressed"]
    made = [add_issue(session, project_id, status=status) for status in states]
    ids = [issue.id for issue in made]
    changed = lifecycle.change(session, [*ids, 0], RESOLVE, now=LATER)
    assert [c.issue_id for c in changed] == [ids[0], ids[2], ids[3]]
    assert {issue.status for issue in made} == {"resolved"}


def test_only_an_expected_state_is_changed(session, issue):
    expected = [Status.REGRESSED]
    assert lifecycle.change(session, [issue.id], RESOLVE, now=LATER, expected=expected) == []
    assert issue.status == "unresolved"


def test_ignoring_has_an_end_that_can_be_moved(session, issue):
    for until in (LATER, None):
        wanted = Change(new=Status.IGNORED, actor="me", ignored_until=until)
        assert len(lifecycle.change(session, [issue.id], wanted, now=NOW)) == 1
        assert issue.ignored_until == until


def test_the_end_of_ignoring_goes_with_the_state(session, issue):
    ignore = Change(new=Status.IGNORED, actor="me", ignored_until=LATER)
    lifecycle.change(session, [issue.id], ignore, now=NOW)
    lifecycle.change(session, [issue.id], Change(new=Status.UNRESOLVED, actor="me"), now=NOW)
    assert issue.ignored_until is None


def test_a_merged_issue_keeps_its_state(session, issue, project_id):
    issue.merged_into = add_issue(session, project_id).id
    assert lifecycle.change(session, [issue.id], RESOLVE, now=LATER) == []


def test_nobody_sets_an_issue_to_regressed():
    with pytest.raises(InvalidInputError, match="regressed"):
        Change(new=Status.REGRESSED, actor="me")


def test_only_ignoring_has_an_end():
    with pytest.raises(InvalidInputError, match="ignored"):
        Change(new=Status.RESOLVED, actor="me", ignored_until=LATER)


def test_what_an_event_does_is_applied(session, project_id):
    resolved = add_issue(session, project_id, status="resolved")
    ignored = add_issue(session, project_id, status="ignored", ignored_until=NOW)
    wanted = [(ignored.id, IGNORE_OVER), (resolved.id, REGRESSION)]
    changed = lifecycle.apply(session, wanted, now=LATER)
    assert {(c.issue_id, c.new) for c in changed} == {
        (resolved.id, Status.REGRESSED),
        (ignored.id, Status.UNRESOLVED),
    }
    assert (ignored.status, ignored.ignored_until) == ("unresolved", None)
    assert history(session, resolved)[0][3] == lifecycle.DIGEST


def test_a_decision_that_is_out_of_date_is_not_applied(session, issue):
    assert lifecycle.apply(session, [(issue.id, REGRESSION)], now=LATER) == []
    assert issue.status == "unresolved"


def test_of_several_who_see_a_regression_one_writes_it(database, committed_project):
    with database.transaction() as session:
        issue_id = add_issue(session, committed_project, status="resolved").id
    seen = []

    def regress():
        with database.transaction() as session:
            seen.extend(lifecycle.apply(session, [(issue_id, REGRESSION)], now=LATER))

    threads = [threading.Thread(target=regress) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(seen) == 1
