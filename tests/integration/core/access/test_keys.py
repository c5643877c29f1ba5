import hashlib
from datetime import timedelta

import pytest

from core.access import keys
from core.access.keys import ExpiredKeyError, KeyNotFoundError, NewKey
from core.access.roles import Role
from core.errors import InvalidInputError, UnauthenticatedError
from tests.integration.core.rows import NOW, add_project

pytestmark = pytest.mark.store

SECOND = timedelta(seconds=1)


@pytest.fixture
def created(session):
    return keys.create(session, NewKey(role=Role.READ, label="board"), now=NOW)


def test_a_key_is_random_and_kept_as_its_hash(session, created):
    other = keys.create(session, NewKey(role=Role.READ), now=NOW)
    assert created.plain != other.plain
    assert len(created.plain) >= len("mend_") + 43
    assert created.key.key_hash == hashlib.sha256(created.plain.encode()).digest()
    assert created.plain.startswith(created.key.prefix)
    assert len(created.key.prefix) < 16


def test_a_key_tells_who_acts(session, project_id):
    made = keys.create(session, NewKey(role=Role.OPERATE, project_id=project_id), now=NOW)
    principal = keys.verify(session, made.plain, now=NOW)
    assert (principal.role, principal.project_id) == (Role.OPERATE, project_id)
    assert principal.key_id == made.key.id
    assert made.plain not in principal.name


@pytest.mark.parametrize("plain", ["", "mend_", "mend_" + "A" * 43, "\x00", "\udce4"])
def test_an_unknown_key_is_refused(session, created, plain):
    with pytest.raises(UnauthenticatedError):
        keys.verify(session, plain, now=NOW)


def test_a_revoked_key_is_refused(session, created):
    keys.revoke(session, created.key.id, now=NOW)
    with pytest.raises(UnauthenticatedError):
        keys.verify(session, created.plain, now=NOW)


def test_revoking_twice_keeps_the_first_moment(session, created):
    keys.revoke(session, created.key.id, now=NOW)
    assert keys.revoke(session, created.key.id, now=NOW + SECOND).revoked_at == NOW


def test_an_unknown_key_cannot_be_revoked(session):
    with pytest.raises(KeyNotFoundError):
        keys.revoke(session, 0, now=NOW)


def test_a_key_may_have_an_end(session):
    wanted = NewKey(role=Role.READ, expires_at=NOW + SECOND)
    plain = keys.create(session, wanted, now=NOW).plain
    keys.verify(session, plain, now=NOW)
    with pytest.raises(ExpiredKeyError):
        keys.verify(session, plain, now=NOW + SECOND)


def test_a_key_cannot_end_before_it_begins(session):
    with pytest.raises(InvalidInputError):
        keys.create(session, NewKey(role=Role.READ, expires_at=NOW), now=NOW)


def used_at(session, created, now):
    keys.verify(session, created.plain, now=now)
    session.refresh(created.key)
    return created.key.last_used_at


def test_use_is_noted_at_most_once_a_minute(session, created):
    assert created.key.last_used_at is None
    assert used_at(session, created, NOW) == NOW
    assert used_at(session, created, NOW + 59 * SECOND) == NOW
    assert used_at(session, created, NOW + 60 * SECOND) == NOW + 60 * SECOND


def test_noting_the_use_never_waits(database):
    with database.transaction() as session:
        plain = keys.create(session, NewKey(role=Role.READ), now=NOW).plain
    with database.transaction() as one, database.transaction() as other:
        keys.verify(one, plain, now=NOW)
        other.connection().exec_driver_sql("SET LOCAL lock_timeout = '5s'")
        assert keys.verify(other, plain, now=NOW).role is Role.READ


def test_a_key_from_elsewhere_is_adopted_once(session):
    wanted = NewKey(role=Role.ADMIN, label="first run")
    first = keys.adopt(session, wanted, "chosen elsewhere", now=NOW)
    assert keys.adopt(session, wanted, "chosen elsewhere", now=NOW) == first
    assert keys.verify(session, "chosen elsewhere", now=NOW).role is Role.ADMIN


def test_keys_are_listed_newest_first(session, created, project_id):
    mine = keys.create(session, NewKey(role=Role.INGEST, project_id=project_id), now=NOW).key
    other = add_project(session, "other")
    assert keys.every(session) == [mine, created.key]
    assert keys.every(session, project_id=project_id) == [mine]
    assert keys.every(session, project_id=other) == []
