import re

import pytest


def titles(answer):
    assert answer.status_code == 200, answer.text
    return [issue["title"] for issue in answer.json()]


def links(answer):
    """`rel` → (url, results, cursor), read as Sentry's clients do."""
    pattern = r'<([^>]+)>; rel="(\w+)"; results="(\w+)"; cursor="([^"]+)"'
    found = re.findall(pattern, answer.headers["link"])
    return {rel: (url, results == "true", cursor) for url, rel, results, cursor in found}


@pytest.fixture
def issues(rows):
    return [rows.issue(n) for n in range(5)]


def test_ids_are_strings_and_times_have_milliseconds(reader, issues):
    found = reader.get(f"/api/v1/issues/{issues[0].id}").json()
    assert found["id"] == str(issues[0].id)
    assert found["project_id"] == str(issues[0].project_id)
    assert found["first_seen"] == "2026-03-01T12:00:00.000Z"
    assert found["issue_keys"] == [f"key-{issues[0].id}"]


def test_the_link_header_leads_through_all_pages_and_back(reader, issues):
    pages = [reader.get("/api/v1/issues?limit=2&level=error")]
    while links(pages[-1])["next"][1]:
        pages.append(reader.get(links(pages[-1])["next"][0]))
    assert [titles(page) for page in pages] == [
        ["Boom: 4", "Boom: 3"],
        ["Boom: 2", "Boom: 1"],
        ["Boom: 0"],
    ]
    back = reader.get(links(pages[2])["previous"][0])
    assert titles(back) == titles(pages[1])
    assert not links(pages[0])["previous"][1]


def test_both_directions_are_always_told(reader, issues):
    found = links(reader.get("/api/v1/issues"))
    assert set(found) == {"previous", "next"}
    assert not found["next"][1]
    url, _, cursor = found["next"]
    assert re.fullmatch(r"\d+:\d+:0", cursor)
    assert "level=error" not in url


def test_a_poller_asks_for_what_is_newer(reader, issues, rows):
    newer = links(reader.get("/api/v1/issues"))["previous"][0]
    assert titles(reader.get(newer)) == []
    rows.issue(9)
    assert titles(reader.get(newer)) == ["Boom: 9"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("status=resolved", ["Boom: 7"]),
        ("status=resolved&status=ignored", ["Boom: 8", "Boom: 7"]),
        ("level=fatal", ["Boom: 8"]),
        ("category=timeout", ["Boom: 7"]),
        ("component=auth", ["Boom: 8"]),
        ("query=boom%208", ["Boom: 8"]),
        ("query=BOOM+pay&limit=1", ["Boom: 8"]),
        ("query=100%25", []),
        ("sort=events&limit=1", ["Boom: 7"]),
        ("sort=first_seen&limit=1", ["Boom: 8"]),
    ],
)
def test_filters_and_orders(reader, issues, rows, query, found):
    rows.issue(7, status="resolved", category="timeout", event_count=99)
    rows.issue(8, status="ignored", level="fatal", component="auth")
    assert titles(reader.get(f"/api/v1/issues?{query}")) == found


@pytest.mark.parametrize(
    "query", ["sort=colour", "limit=0", "limit=101", "status=odd", "project=abc"]
)
def test_a_parameter_that_does_not_fit_is_named(reader, query):
    answer = reader.get(f"/api/v1/issues?{query}")
    assert answer.status_code == 422
    assert answer.json()["errors"][0]["parameter"].startswith(query.split("=")[0])


@pytest.mark.parametrize("cursor", ["x", "1:2", f"{10**30}:0:0"])
def test_a_cursor_of_nobody_is_refused(reader, cursor):
    answer = reader.get(f"/api/v1/issues?cursor={cursor}")
    assert (answer.status_code, answer.json()["code"]) == (400, "ML-VAL-0005")


def test_a_key_of_one_project_sees_its_issues_only(as_role, rows, issues, other_project):
    strange = rows.issue(project_id=other_project.id)
    scoped = as_role("operate", issues[0].project_id)
    assert len(titles(scoped.get("/api/v1/issues"))) == 5
    assert scoped.get(f"/api/v1/issues?project={other_project.id}").status_code == 404
    place = f"/api/v1/issues/{strange.id}"
    assert scoped.get(place).status_code == 404
    assert scoped.get(f"{place}/events").status_code == 404
    assert scoped.patch(place, json={"status": "resolved"}).status_code == 404
    body = {"issues": [str(strange.id)]}
    assert scoped.post(f"/api/v1/issues/{issues[0].id}/merge", json=body).status_code == 404
    assert scoped.post(f"{place}/unmerge").status_code == 404
    scoped.put(f"/api/v1/issues?id={strange.id}", json={"status": "resolved"})
    assert as_role("read").get(place).json()["status"] == "unresolved"


def test_an_issue_is_resolved_with_reason_and_actor(operator, issues):
    body = {"status": "resolved", "reason": "fixed in 1.2"}
    changed = operator.patch(f"/api/v1/issues/{issues[0].id}", json=body).json()
    assert changed["status"] == "resolved"
    (transition,) = changed["transitions"]
    assert (transition["old"], transition["new"]) == ("unresolved", "resolved")
    assert transition["reason"] == "fixed in 1.2"
    assert transition["actor"].startswith("key:mend_")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"status": "regressed"},
        {"status": "resolved", "x": 1},
        {"status": "ignored", "ignored_until": "2026-03-01T12:00:00"},
    ],
)
def test_a_change_that_does_not_fit_is_refused(operator, issues, body):
    answer = operator.patch(f"/api/v1/issues/{issues[0].id}", json=body)
    assert answer.status_code == 422


def test_only_what_is_ignored_has_an_end(operator, issues):
    body = {"status": "resolved", "ignored_until": "2026-04-01T00:00:00Z"}
    assert operator.patch(f"/api/v1/issues/{issues[0].id}", json=body).status_code == 400


def test_an_issue_is_ignored_for_a_while(operator, issues):
    body = {"status": "ignored", "ignored_until": "2026-04-01T02:00:00+02:00"}
    changed = operator.patch(f"/api/v1/issues/{issues[0].id}", json=body).json()
    assert changed["ignored_until"] == "2026-04-01T00:00:00.000Z"


def test_many_are_changed_by_their_ids(operator, issues):
    query = "&".join(f"id={issue.id}" for issue in issues[:2])
    answer = operator.put(f"/api/v1/issues?{query}", json={"status": "resolved"}).json()
    assert answer["changed"] == [str(issue.id) for issue in issues[:2]]
    assert operator.put(f"/api/v1/issues?{query}", json={"status": "resolved"}).json() == {
        "changed": []
    }


def test_many_are_changed_by_a_filter(operator, issues):
    answer = operator.put("/api/v1/issues?query=boom&component=billing", json={"status": "ignored"})
    assert len(answer.json()["changed"]) == 5


@pytest.mark.parametrize("query", ["", "?sort=events", "?query="])
def test_nothing_chosen_changes_nothing(operator, issues, query):
    answer = operator.put(f"/api/v1/issues{query}", json={"status": "resolved"})
    assert answer.status_code == 422


def test_merging_and_parting(operator, issues):
    target, source = (str(issue.id) for issue in issues[:2])
    merged = operator.post(f"/api/v1/issues/{target}/merge", json={"issues": [source]}).json()
    assert merged["merged"] == [source]
    assert merged["event_count"] == 2
    assert sorted(merged["issue_keys"]) == sorted([f"key-{target}", f"key-{source}"])
    assert operator.get(f"/api/v1/issues/{source}").json()["merged_into"] == target
    change = operator.patch(f"/api/v1/issues/{source}", json={"status": "resolved"})
    assert change.status_code == 409
    parted = operator.post(f"/api/v1/issues/{source}/unmerge").json()
    assert parted["merged_into"] is None
    assert operator.post(f"/api/v1/issues/{source}/unmerge").status_code == 409


def test_an_issue_is_not_merged_with_itself(operator, issues):
    place = f"/api/v1/issues/{issues[0].id}"
    answer = operator.post(f"{place}/merge", json={"issues": [str(issues[0].id)]})
    assert answer.status_code == 400
    assert operator.post(f"{place}/merge", json={"issues": []}).status_code == 422
    assert operator.post(f"{place}/merge", json={"issues": ["999"]}).status_code == 404


def test_the_events_of_an_issue_and_of_those_merged_into_it(operator, rows, issues):
    target, source = issues[:2]
    events = [rows.event(target, 1), rows.event(source, 2), rows.event(target, 3)]
    operator.post(f"/api/v1/issues/{target.id}/merge", json={"issues": [str(source.id)]})
    newest = operator.get(f"/api/v1/issues/{target.id}/events?limit=2")
    oldest = operator.get(links(newest)["next"][0])
    found = [event["event_id"] for event in newest.json() + oldest.json()]
    assert found == [event.event_id.hex for event in reversed(events)]
    assert not links(oldest)["next"][1]
    again = operator.get(links(oldest)["previous"][0])
    assert again.json() == newest.json()
