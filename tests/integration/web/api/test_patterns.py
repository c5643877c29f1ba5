import pytest

from core.maintenance.patterns import mine


@pytest.fixture
def mined(database, clock, rows):
    """Two issues of one pattern, one of another."""
    for number, title in enumerate(("failed for user bob", "failed for user eve", "disk full")):
        rows.issue(number, title=title, event_count=5)
    mine(database, clock.now())


def test_the_list_shows_what_issues_share(reader, mined):
    answer = reader.get("/api/v1/patterns?sort=events")

    assert answer.status_code == 200
    assert 'rel="next"; results="false"' in answer.headers["link"]
    assert [
        (row["template"], row["sample"], row["issue_count"], row["event_count"])
        for row in answer.json()
    ] == [("failed for user <*>", "failed for user bob", 2, 10), ("disk full", "disk full", 1, 5)]


def test_pages_follow_one_another(reader, mined):
    first = reader.get("/api/v1/patterns?limit=1")
    second = reader.get(first.headers["link"].split(", ")[1].split(">")[0][1:])

    assert [row["template"] for row in (*first.json(), *second.json())] == [
        "disk full",
        "failed for user <*>",
    ]


@pytest.mark.parametrize(
    ("query", "count"), [("query=FAILED", 1), ("query=failed+disk", 0), ("project=99", 0), ("", 2)]
)
def test_filters(reader, mined, query, count):
    assert len(reader.get(f"/api/v1/patterns?{query}").json()) == count


def test_one_pattern_shows_its_issues(reader, mined):
    (row,) = reader.get("/api/v1/patterns?query=failed").json()
    found = reader.get(f"/api/v1/patterns/{row['id']}").json()

    assert {issue["title"] for issue in found["issues"]} == {
        "failed for user bob",
        "failed for user eve",
    }
    assert (found["former_ids"], found["pattern_id"]) == ([], row["pattern_id"])


def test_a_pattern_that_is_not_there(reader):
    answer = reader.get("/api/v1/patterns/1")

    assert (answer.status_code, answer.json()["code"]) == (404, "ML-REF-0026")


def test_a_key_of_one_project_sees_no_other(as_role, rows, mined):
    own = as_role("read", rows.project_id)
    assert len(own.get("/api/v1/patterns").json()) == 2
    assert own.get(f"/api/v1/patterns?project={rows.project_id + 1}").status_code == 404
