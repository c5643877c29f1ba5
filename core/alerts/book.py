"""The rules that hold, read again only when one of them has changed."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

import structlog
from sqlalchemy.orm import Session

from core.alerts.reading import RuleError, rule
from core.alerts.rule import Rule
from core.model import AlertRule
from core.store import alert_rules

log = structlog.get_logger()


class RuleBook:
    def __init__(self) -> None:
        self._edition: tuple[int, int, datetime | None] | None = None
        self._rules: tuple[Rule, ...] = ()

    def rules(self, session: Session) -> Sequence[Rule]:
        """Those that are enabled."""
        edition = alert_rules.edition(session)
        if edition != self._edition:
            found = [each for row in alert_rules.every(session) if (each := of_row(row))]
            self._rules = tuple(each for each in found if each.enabled)
            self._edition = edition
        return self._rules


def of_row(row: AlertRule) -> Rule | None:
    """What another version of Mendline took and this one does not is left out."""
    try:
        found = rule(row.body)
    except RuleError as error:
        log.warning("alerts.rule_skipped", rule=row.name, problems=list(map(str, error.problems)))
        return None
    return replace(
        found,
        id=row.id,
        version=row.version,
        project_id=row.project_id,
        enabled=row.enabled and found.enabled,
    )
