from datetime import timedelta

import pytest

from core.analysis import GROUPING_VERSION
from core.analysis.shape import Shape, marks
from core.model import (
    CorrelationGroup,
    CorrelationMember,
    IssueFacet,
    IssueMinute,
    IssueShape,
    IssueVisitor,
    MergeSuggestion,
)
from core.store import projects

SUGGESTIONS = "/api/v1/merge-suggestions"


@pytest.fixture
def issues(rows):
    return [rows.issue(n) for n in range(3)]


@pytest.fixture
def suggest(rows, clock):
    def suggest(target, source, **values):
        made = MergeSuggestion(
            **{
                "project_id": target.project_id,
                "target_id": target.id,
                "source_id": source.id,
                "score": 0.9,
                "reasons": ["Both failed in shop.pay:pay."],
                "state": "open",
                "made_at": clock.now(),
            }
            | values
        )
        rows.add(made)
        return made

    return suggest


@pytest.fixture
def group(rows, clock, issues):
    made = CorrelationGroup(
        project_id=issues[0].project_id,
        state="open",
        started_at=clock.now(),
        last_at=clock.now(),
        suspect_id=issues[1].id,
        confidence=0.7,
        reasons=["It began first."],
        issue_count=2,
        event_count=30,
    )
    rows.add(made)
    for place, issue in enumerate((issues[1], issues[0]), start=1):
        rows.add(
            CorrelationMember(
                group_id=made.id,
                issue_id=issue.id,
                place=place,
                onset=clock.now(),
                events=15,
                usual=0,
                shared_traces=1,
                suspicion=0.5,
                reasons=[],
            )
        )
    return made


def test_the_impact_of_an_issue(reader, rows, clock, issues):
    issue, now = issues[0], clock.now()
    at = {"project_id": issue.project_id, "issue_id": issue.id}
    rows.add(
        IssueVisitor(**at, kind=1, hash=5, seen_at=now),
        IssueFacet(**at, kind=1, value="shop@1", events=3, first_seen=now, last_seen=now),
        IssueMinute(**at, minute=now - timedelta(minutes=5), resolution=60, events=3),
    )
    found = reader.get(f"/api/v1/issues/{issue.id}/impact").json()
    assert found["users"] == {"count": 1, "exact": True, "error": 0.0}
    assert found["releases"][0]["value"] == "shop@1"
    assert found["rate"]["trend"] == "new"
    assert found["share"]["share"] == 1.0
    assert found["blast_radius"]["widest"] == "users"
    assert found["changes"] == []


def test_what_comes_together_is_a_hint_with_figures(reader, rows, clock, issues):
    for issue in issues[:2]:
        rows.add(
            *(
                IssueMinute(
                    issue_id=issue.id,
                    project_id=issue.project_id,
                    minute=clock.now() - timedelta(minutes=7 * step),
                    resolution=60,
                    events=1,
                )
                for step in range(1, 20)
            )
        )
    found = reader.get(f"/api/v1/issues/{issues[0].id}/related").json()
    (other,) = found["comes_with"]
    assert other["issue"]["id"] == str(issues[1].id)
    assert other["hints"][0]["basis"] == "minutes"
    assert other["hints"][0]["q"] < 0.01


def test_the_cascades_of_an_issue(reader, issues, group):
    found = reader.get(f"/api/v1/issues/{issues[0].id}/related").json()
    assert [each["id"] for each in found["correlations"]] == [str(group.id)]
    assert reader.get(f"/api/v1/issues/{issues[2].id}/related").json()["correlations"] == []


def test_cascades_with_their_issues(reader, issues, group):
    (listed,) = reader.get("/api/v1/correlations?state=open").json()
    assert (listed["suspect_id"], listed["confidence"]) == (str(issues[1].id), 0.7)
    assert reader.get("/api/v1/correlations?state=closed").json() == []
    found = reader.get(f"/api/v1/correlations/{group.id}").json()
    assert [member["issue"]["id"] for member in found["members"]] == [
        str(issues[1].id),
        str(issues[0].id),
    ]


def test_similar_issues_with_reasons(reader, rows, clock, issues):
    shape = Shape("Boom", "twice", ("shop.cart:pay", "shop.web:main"), (True, True))
    for issue in issues[:2]:
        rows.add(
            IssueShape(
                project_id=issue.project_id,
                issue_key=f"key-{issue.id}",
                version=GROUPING_VERSION,
                type=shape.type,
                template=shape.template,
                frames=list(shape.frames),
                own=list(shape.own),
                marks=list(marks(shape, issue.project_id)),
                made_at=clock.now(),
            )
        )
    (found,) = reader.get(f"/api/v1/issues/{issues[0].id}/similar").json()
    assert (found["issue"]["id"], found["score"]) == (str(issues[1].id), 1.0)
    assert "Both failed in shop.cart:pay." in found["reasons"]


def test_accepting_merges(operator, suggest, issues):
    made = suggest(issues[0], issues[1])
    assert [each["id"] for each in operator.get(SUGGESTIONS).json()] == [str(made.id)]
    done = operator.post(f"{SUGGESTIONS}/{made.id}/accept").json()
    assert (done["state"], done["actor"].startswith("key:")) == ("accepted", True)
    merged = operator.get(f"/api/v1/issues/{issues[1].id}").json()
    assert merged["merged_into"] == str(issues[0].id)
    assert operator.get(SUGGESTIONS).json() == []
    assert operator.get(f"{SUGGESTIONS}?state=accepted").json()[0]["id"] == str(made.id)


def test_what_is_decided_stays_decided(operator, suggest, issues):
    made = suggest(issues[0], issues[1])
    assert operator.post(f"{SUGGESTIONS}/{made.id}/dismiss").json()["state"] == "dismissed"
    again = operator.post(f"{SUGGESTIONS}/{made.id}/accept")
    assert (again.status_code, again.json()["code"]) == (409, "ML-REF-0051")


def test_a_repeat_with_the_same_key_acts_once(operator, suggest, issues):
    made = suggest(issues[0], issues[1])
    headers = {"Idempotency-Key": "once"}
    for _ in range(2):
        answer = operator.post(f"{SUGGESTIONS}/{made.id}/accept", headers=headers)
        assert (answer.status_code, answer.json()["state"]) == (200, "accepted")


def test_suggestions_are_paged(reader, suggest, issues):
    suggest(issues[0], issues[1])
    suggest(issues[1], issues[2])
    first = reader.get(f"{SUGGESTIONS}?limit=1")
    assert [each["target_id"] for each in first.json()] == [str(issues[1].id)]
    assert 'rel="next"; results="true"' in first.headers["link"]


def test_readers_look_and_operators_act(reader, suggest, issues):
    made = suggest(issues[0], issues[1])
    assert reader.post(f"{SUGGESTIONS}/{made.id}/dismiss").status_code == 403
    assert reader.post(f"{SUGGESTIONS}/{made.id}/accept").status_code == 403


@pytest.fixture
def stranger(as_role, database, clock):
    """Somebody of another project."""
    with database.transaction() as session:
        other = projects.create(session, "mall", now=clock.now())[0]
    return as_role("operate", other.id)


def test_other_projects_are_not_there(stranger, suggest, issues, group):
    made = suggest(issues[0], issues[1])
    assert stranger.get(SUGGESTIONS).json() == []
    assert stranger.get("/api/v1/correlations").json() == []
    assert stranger.get(f"{SUGGESTIONS}?project={made.project_id}").status_code == 404
    for path in ("impact", "related", "similar"):
        assert stranger.get(f"/api/v1/issues/{issues[0].id}/{path}").status_code == 404
    assert stranger.get(f"/api/v1/correlations/{group.id}").status_code == 404
    assert stranger.post(f"{SUGGESTIONS}/{made.id}/accept").status_code == 404
