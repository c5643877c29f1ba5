"""The command line against a real database, in this process."""

import json
from datetime import UTC, datetime

import pytest
from click.testing import CliRunner

from cli.main import mendline
from core.model import Issue, IssueFingerprint
from core.store import projects

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture
def run(database_url, data_dir, monkeypatch):
    """Runs `mendline …`; the data directory is empty and the database is the test's own."""
    monkeypatch.setenv("MENDLINE_DATA_DIR", str(data_dir))
    monkeypatch.setenv("MENDLINE_DATABASE_URL", database_url)
    monkeypatch.delenv("MENDLINE_REDIS_URL", raising=False)
    return lambda *arguments: CliRunner().invoke(mendline, [str(each) for each in arguments])


@pytest.fixture
def ask(run):
    """Runs `mendline … --json` and answers with what it printed."""

    def ask(*arguments):
        result = run(*arguments, "--json")
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    return ask


@pytest.fixture
def project(database):
    with database.transaction() as session:
        return projects.create(session, "shop", now=NOW)[0]


@pytest.fixture
def make_issue(database, project):
    """Makes an issue with one key; answers with its id."""

    def make(title="ValueError: no", **values):
        row = Issue(**{**ISSUE, "project_id": project.id, "title": title, **values})
        with database.transaction() as session:
            session.add(row)
            session.flush()
            session.add(
                IssueFingerprint(
                    project_id=project.id,
                    issue_key=f"key-{row.id}",
                    issue_id=row.id,
                    mechanism="stacktrace",
                    grouping_version=1,
                    created_at=NOW,
                )
            )
        return row.id

    return make


ISSUE = {
    "culprit": "shop.cart in total",
    "level": "error",
    "category": "bug",
    "transient": False,
    "severity": "medium",
    "status": "unresolved",
    "status_changed_at": NOW,
    "first_seen": NOW,
    "last_seen": NOW,
    "event_count": 1,
}
