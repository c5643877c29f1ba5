import pytest

from core.model import CorrelationGroup, CorrelationMember, IssueFacet, MergeSuggestion
from tests.integration.cli.conftest import NOW


@pytest.fixture
def add(database):
    def add(row):
        with database.transaction() as session:
            session.add(row)
            session.flush()
        return row

    return add


@pytest.fixture
def suggestion(add, make_issue, project):
    target, source = make_issue(), make_issue()
    return add(
        MergeSuggestion(
            project_id=project.id,
            target_id=target,
            source_id=source,
            score=0.9,
            reasons=["Both are of type ValueError."],
            state="open",
            made_at=NOW,
        )
    )


def test_the_impact_reads_well(run, ask, add, make_issue, project):
    issue = make_issue()
    facet = {"project_id": project.id, "events": 3, "first_seen": NOW, "last_seen": NOW}
    add(IssueFacet(issue_id=issue, kind=1, value="shop@1", **facet))
    assert ask("issue", "impact", issue)["releases"][0]["events"] == 3
    text = run("issue", "impact", issue).stdout
    assert "blast radius:" in text
    assert "\nReleases\n" in text
    assert "shop@1" in text


def test_related_names_cascades(run, ask, add, make_issue, project):
    issue = make_issue()
    group = add(
        CorrelationGroup(
            project_id=project.id,
            state="closed",
            started_at=NOW,
            last_at=NOW,
            suspect_id=issue,
            confidence=0.5,
            reasons=["It began first."],
            issue_count=3,
            event_count=30,
        )
    )
    member = {"onset": NOW, "events": 9, "usual": 0, "shared_traces": 0, "suspicion": 0.5}
    add(CorrelationMember(group_id=group.id, issue_id=issue, place=1, reasons=[], **member))
    assert ask("issue", "related", issue)["correlations"][0]["id"] == str(group.id)
    assert "It began first." in run("issue", "related", issue).stdout


def test_suggestions_are_accepted(ask, suggestion):
    (listed,) = ask("issue", "suggestions", "list", "--project", "shop")
    assert listed["id"] == str(suggestion.id)
    done = ask("issue", "suggestions", "accept", suggestion.id)
    assert (done["state"], done["actor"].startswith("cli:")) == ("accepted", True)
    assert ask("issue", "show", suggestion.source_id)["merged_into"] == str(suggestion.target_id)


def test_or_dismissed_for_good(run, ask, suggestion):
    assert ask("issue", "suggestions", "dismiss", suggestion.id)["state"] == "dismissed"
    again = run("issue", "suggestions", "accept", suggestion.id)
    assert (again.exit_code, "ML-REF-0051" in again.stderr) == (1, True)
    assert ask("issue", "suggestions", "list", "--state", "dismissed")[0]["id"] == str(
        suggestion.id
    )


def test_an_issue_like_no_other(run, ask, make_issue):
    issue = make_issue()
    assert ask("issue", "similar", issue) == []
    assert run("issue", "similar", issue + 1).exit_code == 1
