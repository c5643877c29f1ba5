"""Rules of alerts, as people write them and as they hold."""

from typing import Any, Self

from pydantic import Field

from core.model import AlertRule
from web.api.schemas.rules import ProblemShown
from web.api.schemas.shape import Id, Moment, Shown, Written


class AlertRuleShown(Shown):
    id: Id
    name: str
    version: int
    source: str = Field(description="default (shipped), file or api.")
    project_id: Id | None
    enabled: bool
    rule: dict[str, Any] = Field(description="As it was written.")
    author: str
    created_at: Moment
    updated_at: Moment

    @classmethod
    def of(cls, row: AlertRule) -> Self:
        return cls(
            id=str(row.id),
            name=row.name,
            version=row.version,
            source=row.source,
            project_id=None if row.project_id is None else str(row.project_id),
            enabled=row.enabled,
            rule=row.body,
            author=row.author,
            created_at=row.created_at,
            updated_at=row.updated_at,
        )


class AlertRuleVersionShown(Shown):
    version: int
    enabled: bool
    body: dict[str, Any]
    author: str
    created_at: Moment


class AlertRuleWritten(Written):
    rule: dict[str, Any] = Field(
        description="The keys of a rule, as in the reference of the rule language.",
        examples=[{"name": "Cart fails", "measure": "component.failure_ratio", "above": 0.2}],
    )
    enabled: bool = True


class Switched(Written):
    enabled: bool


class RulesText(Written):
    content: str = Field(max_length=2**20, description="YAML, as in MENDLINE_ALERTS_FILE.")


class RulesChecked(Shown):
    usable: bool
    rules: list[str] = Field(description="Names of those without a mistake.")
    problems: list[ProblemShown]


class Removed(Shown):
    name: str
    removed: bool
