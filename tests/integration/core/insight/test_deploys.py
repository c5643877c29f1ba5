from datetime import timedelta

from core.access import audit
from core.access.audit import Actor
from core.insight import changes, deploys
from core.insight.deploys import DeployKind, NewDeploy
from tests.integration.core.rows import NOW, add_issue

MINUTE = timedelta(minutes=1)
PIPELINE = Actor("key:ci")


def tell(session, project_id, name, **values):
    new = NewDeploy(project_id=project_id, name=name, **values)
    return deploys.record(session, new, actor=PIPELINE, now=NOW)


def test_what_changed_before_an_issue_names_the_deploy(session, project_id):
    tell(session, project_id, "pool size 20", kind=DeployKind.CONFIG, environment="live",
         at=NOW - 3 * MINUTE)  # fmt: skip
    issue = add_issue(session, project_id, first_seen=NOW)
    (found,) = changes.before(session, issue)
    assert (found.kind, found.value, found.seconds_before) == (
        "deploy: config",
        "pool size 20",
        180,
    )
    assert found.reason == "key:ci told of config pool size 20 in live, 3.0 min before the issue."
    assert found.issues is None


def test_a_deploy_of_a_release_counts_the_issues_that_began_in_it(session, project_id):
    tell(session, project_id, "2.0", at=NOW - MINUTE)
    issue = add_issue(session, project_id, first_seen=NOW, first_release="2.0")
    (found,) = changes.before(session, issue)
    assert (found.kind, found.issues) == ("deploy: release", 1)


def test_the_nearest_comes_first_and_what_came_after_not_at_all(session, project_id):
    for minutes in (9, 2, -1, 60 * 30):
        tell(session, project_id, f"{minutes} before", at=NOW - minutes * MINUTE)
    issue = add_issue(session, project_id, first_seen=NOW)
    found = [each.value for each in changes.before(session, issue)]
    assert found == ["2 before", "9 before"]


def test_without_a_time_it_took_effect_now_and_it_is_on_the_record(session, project_id):
    made = tell(session, project_id, "2.0")
    assert (made.at, made.kind) == (NOW, "release")
    (entry,) = audit.of(session, "deploy", made.id)
    assert (entry.act, entry.actor, entry.project_id) == ("deploy.recorded", "key:ci", project_id)
