import time
from concurrent.futures import ThreadPoolExecutor

from sqlalchemy import func, select, text

from core.insight import shapes
from core.model import IssueFingerprint, IssueShape
from core.store.payloads import Payloads
from tests.integration.core.rows import NOW, add_issue, add_project

WAITING = text("SELECT count(*) FROM pg_locks WHERE NOT granted")


def unseen_issue(database):
    with database.transaction() as session:
        issue = add_issue(session, add_project(session))
        session.add(
            IssueFingerprint(
                project_id=issue.project_id,
                issue_key="key",
                issue_id=issue.id,
                created_at=NOW,
                mechanism="stacktrace",
                grouping_version=1,
            )
        )
        return issue.id


def looked_at(database, issue_id):
    with database.transaction() as session:
        shapes.make_of(session, issue_id, Payloads(), NOW)
        return shapes.of_issue(session, issue_id)


def test_two_who_look_at_once_make_one_shape(database):
    issue_id = unseen_issue(database)
    with ThreadPoolExecutor(1) as pool:
        with database.transaction() as session:
            shapes.make_of(session, issue_id, Payloads(), NOW)
            first = shapes.of_issue(session, issue_id)
            second = pool.submit(looked_at, database, issue_id)
            deadline = time.monotonic() + 20
            while not session.scalar(WAITING) and time.monotonic() < deadline:
                time.sleep(0.01)
        assert second.result(30) == first
    with database.transaction() as session:
        assert session.scalar(select(func.count()).select_from(IssueShape)) == 1
