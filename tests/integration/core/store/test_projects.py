import re
from datetime import timedelta

import pytest

from core.errors import InvalidInputError
from core.store import projects
from core.store.projects import ProjectExistsError, ProjectNotFoundError
from tests.integration.core.rows import NOW

pytestmark = pytest.mark.store

LATER = NOW + timedelta(hours=1)


def test_a_new_project_has_a_key_of_32_hex_digits(session):
    project, key = projects.create(session, " shop ", now=NOW)
    assert project.name == "shop"
    assert re.fullmatch(r"[0-9a-f]{32}", key.public_key)


def test_a_name_is_taken_once(session):
    projects.create(session, "shop", now=NOW)
    with pytest.raises(ProjectExistsError):
        projects.create(session, "shop", now=NOW)
    assert [project.name for project in projects.every(session)] == ["shop"]


@pytest.mark.parametrize("name", ["", "  ", "x" * 101])
def test_a_name_has_a_length(session, name):
    with pytest.raises(InvalidInputError):
        projects.create(session, name, now=NOW)


def test_ensure_makes_a_project_once(session):
    first = projects.ensure(session, "default", now=NOW)
    assert projects.ensure(session, "default", now=LATER) == first


def test_ensure_makes_a_key_where_all_are_revoked(session):
    project, key = projects.create(session, "default", now=NOW)
    key.revoked_at = NOW
    assert projects.ensure(session, "default", now=LATER)[1] != key
    assert projects.current_key(session, project.id) is not None


def test_a_project_is_found_by_name_or_number(session, project_id):
    assert projects.find(session, "shop").id == project_id
    assert projects.find(session, str(project_id)).name == "shop"


@pytest.mark.parametrize("wanted", ["nothing", "999999", "9" * 40, "٣"])
def test_an_unknown_project_is_named(session, wanted):
    with pytest.raises(ProjectNotFoundError):
        projects.find(session, wanted)


def test_renaming(session, project_id):
    projects.create(session, "other", now=NOW)
    assert projects.rename(session, project_id, "store").name == "store"
    with pytest.raises(ProjectExistsError):
        projects.rename(session, project_id, "other")


def test_rotation_revokes_the_old_key(session, project_id):
    old = projects.current_key(session, project_id)
    new = projects.rotate_key(session, project_id, now=LATER)
    session.expire_all()
    assert projects.by_public_key(session, old.public_key) is None
    assert projects.by_public_key(session, new.public_key).id == project_id
    assert projects.live_keys(session) == {new.public_key: project_id}


def test_rotation_can_leave_the_old_key_working(session, project_id):
    old = projects.current_key(session, project_id)
    new = projects.rotate_key(session, project_id, now=LATER, keep_old=True)
    assert set(projects.live_keys(session)) == {old.public_key, new.public_key}
    assert projects.current_key(session, project_id) == new


def test_an_unknown_key_leads_nowhere(session):
    assert projects.by_public_key(session, "0" * 32) is None
