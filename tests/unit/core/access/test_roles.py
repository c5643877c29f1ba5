from itertools import pairwise

import pytest

from core.access.roles import Permission, Principal, Role
from core.errors import ForbiddenError


def test_each_role_may_do_what_the_one_before_may_and_more():
    assert [role.value for role in Role] == ["ingest", "read", "operate", "admin"]
    assert all(less.permissions < more.permissions for less, more in pairwise(Role))
    assert Role.ADMIN.permissions == set(Permission)


@pytest.mark.parametrize(
    ("role", "permission", "allowed"),
    [
        (Role.INGEST, Permission.REPORT, True),
        (Role.INGEST, Permission.READ, False),
        (Role.READ, Permission.READ, True),
        (Role.READ, Permission.OPERATE, False),
        (Role.OPERATE, Permission.OPERATE, True),
        (Role.OPERATE, Permission.ADMINISTER, False),
        (Role.ADMIN, Permission.ADMINISTER, True),
    ],
)
def test_who_may_what(role, permission, allowed):
    assert role.allows(permission) is allowed
    assert Principal("me", role).may(permission) is allowed


def test_a_missing_permission_is_named():
    with pytest.raises(ForbiddenError, match="operate") as refused:
        Principal("me", Role.READ).require(Permission.OPERATE)
    assert refused.value.context == {"needed": Permission.OPERATE, "role": Role.READ}


def test_a_principal_of_all_projects_may_anywhere():
    principal = Principal("me", Role.READ)
    assert principal.may(Permission.READ, 3)
    assert principal.may(Permission.READ)


def test_a_principal_of_one_project_may_only_there():
    principal = Principal("me", Role.ADMIN, project_id=3)
    assert principal.may(Permission.READ, 3)
    assert not principal.may(Permission.READ, 4)
    assert not principal.may(Permission.READ)
    principal.require(Permission.READ, 3)
    with pytest.raises(ForbiddenError, match="one project"):
        principal.require(Permission.READ, 4)
