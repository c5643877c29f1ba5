import pytest

from core.model import WorkItem

URL = "/api/v1/hooks"
BODY = {"url": "https://hooks.example/told", "occasions": ["on_recovered"]}


@pytest.fixture
def made(admin):
    answer = admin.post(URL, json=BODY)
    assert answer.status_code == 201, answer.text
    return answer.json()


def test_the_secret_is_shown_once(admin, reader, made):
    assert made["secret"].startswith("whsec_")
    assert made["name"] == "hooks.example"
    assert made["secret"] not in reader.get(URL).text
    assert reader.get(f"{URL}/{made['id']}").json()["occasions"] == ["on_recovered"]


def test_what_it_is_sent_can_be_seen(admin, reader, database, made):
    sent = admin.post(f"{URL}/{made['id']}/test").json()
    assert (sent["occasion"], sent["state"]) == ("test", "waiting")
    listed = reader.get(f"{URL}/{made['id']}/deliveries").json()
    assert listed[0]["message_id"] == sent["message_id"]
    with database.transaction() as session:
        assert session.query(WorkItem).filter_by(task="hooks.deliver").count() == 1


def test_it_goes_with_a_line_in_the_audit(admin, made):
    assert admin.delete(f"{URL}/{made['id']}").status_code == 200
    assert admin.get(f"{URL}/{made['id']}").status_code == 404
    acts = admin.get("/api/v1/audit?subject=hook").json()
    assert [each["act"] for each in acts] == ["hook.deleted", "hook.created"]


@pytest.mark.parametrize(
    "body", [{}, {"url": "ftp://x/"}, {**BODY, "occasions": []}, {**BODY, "verify": False}]
)
def test_wrong_ones_are_refused(admin, body):
    assert admin.post(URL, json=body).status_code == 422


def test_only_administrators_make_them(operator, reader, made):
    assert operator.post(URL, json=BODY).status_code == 403
    assert operator.post(f"{URL}/{made['id']}/test").status_code == 403
    assert reader.delete(f"{URL}/{made['id']}").status_code == 403


def test_an_administrator_of_one_project_has_hooks_of_it_only(as_role, project, made):
    scoped = as_role("admin", project.id)
    own = scoped.post(URL, json=BODY).json()
    assert own["project_id"] == str(project.id)
    assert [each["id"] for each in scoped.get(URL).json()] == [own["id"]]
    assert scoped.get(f"{URL}/{made['id']}").status_code == 404
