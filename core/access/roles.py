"""What a role may do. Endpoints ask for a permission, never for a role."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from core.errors import ForbiddenError


class Permission(StrEnum):
    REPORT = "report"  # send errors and component reports
    READ = "read"  # see everything
    OPERATE = "operate"  # change issues, replay and discard, run and pause schedules
    ADMINISTER = "administer"  # projects, keys, settings


class Role(StrEnum):
    """Each may do what the ones before it may, and more."""

    INGEST = "ingest"
    READ = "read"
    OPERATE = "operate"
    ADMIN = "admin"

    @property
    def permissions(self) -> frozenset[Permission]:
        return GRANTS[self]

    def allows(self, permission: Permission) -> bool:
        return permission in GRANTS[self]


GRANTS: Final[Mapping[Role, frozenset[Permission]]] = {
    role: frozenset(list(Permission)[: place + 1]) for place, role in enumerate(Role)
}


@dataclass(frozen=True, slots=True)
class Principal:
    """Who acts. `project_id` limits everything to one project; none means all of them.

    `name` is what stands in histories and logs; it tells nothing secret.
    """

    name: str
    role: Role
    project_id: int | None = None
    key_id: int | None = None

    def may(self, permission: Permission, project_id: int | None = None) -> bool:
        """Without a `project_id` the question is about things that belong to no project."""
        within = self.project_id is None or self.project_id == project_id
        return within and self.role.allows(permission)

    def require(self, permission: Permission, project_id: int | None = None) -> None:
        if not self.role.allows(permission):
            raise ForbiddenError(
                f"This needs the permission {permission}; the role {self.role} does not have it.",
                needed=permission,
                role=self.role,
            )
        if not self.may(permission, project_id):
            raise ForbiddenError(
                "This credential is for one project only.", project_id=self.project_id
            )
