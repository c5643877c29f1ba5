"""Deploys are told and listed, and issues name them."""

import pytest

DEPLOYS = "/api/v1/deploys"


@pytest.fixture
def wanted(project):
    return {"project": str(project.id), "name": "2.0", "environment": "live"}


def test_a_deploy_is_told_once_and_listed(operator, wanted):
    headers = {"Idempotency-Key": "pipeline-17"}
    answers = [operator.post(DEPLOYS, json=wanted, headers=headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 201]
    (listed,) = operator.get(DEPLOYS).json()
    assert listed == answers[0].json() == answers[1].json()
    assert (listed["kind"], listed["name"], listed["environment"]) == ("release", "2.0", "live")
    assert listed["created_by"].startswith("key:")


def test_what_is_wrong_is_refused(operator, wanted):
    for wrong in ({"name": ""}, {"kind": "party"}, {"at": "2026-01-01T00:00:00"}, {"by": "me"}):
        assert operator.post(DEPLOYS, json=wanted | wrong).status_code == 422
    assert operator.post(DEPLOYS, json={"name": "2.0"}).status_code in (400, 422)
    assert operator.get(DEPLOYS).json() == []


def test_readers_only_read_and_strangers_see_nothing(reader, as_role, wanted, other_project):
    assert reader.post(DEPLOYS, json=wanted).status_code == 403
    stranger = as_role("operate", other_project.id)
    assert stranger.post(DEPLOYS, json=wanted).status_code == 404
    assert stranger.post(DEPLOYS, json={"name": "own"}).status_code == 201
    assert [each["name"] for each in stranger.get(DEPLOYS).json()] == ["own"]
