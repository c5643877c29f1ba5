"""The alerts that live, by rule and series: what did not change since the last look stays known.

Of each only the version of its row is read: the transaction that wrote it, and its place. What has
another version than before is read whole; so thousands that stay as they are cost next to nothing.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping, Sequence
from typing import Final

from sqlalchemy.orm import Session

from core.alerts.condition import Labels
from core.alerts.rule import Rule
from core.alerts.weighing import Mine
from core.store import alerts as rows
from core.store.alerts import AnyAlert, Version

_NOBODY: Final = 0


class Living:
    """Of one process. A transaction that was rolled back leaves versions that nobody sees again."""

    def __init__(self) -> None:
        self._versions: dict[int, Version] = {}
        self._alerts: dict[int, AnyAlert] = {}
        self._rules: Sequence[Rule] = ()
        self._by_rule: dict[int, dict[Labels, AnyAlert]] = {}
        self._orphans: list[AnyAlert] = []

    def read(
        self, session: Session, rules: Sequence[Rule]
    ) -> tuple[Mapping[int, Mine], Sequence[AnyAlert]]:
        """By rule and series, and those whose rule no longer holds or has a later one of theirs."""
        versions = rows.versions(session)
        fresh = [each for each, version in versions.items() if self._versions.get(each) != version]
        found = rows.plain(session, fresh)  # before anything changes here: it may fail
        gone = self._alerts.keys() - versions.keys()
        touched = {self._alerts[each].rule_id for each in (*gone, *fresh) if each in self._alerts}
        for each in gone:
            del self._alerts[each]
        self._alerts |= {each.id: each for each in found}
        self._versions = versions
        if rules is not self._rules:
            self._rules, self._by_rule = rules, {}
            touched = {each.rule_id for each in self._alerts.values()}
        self._place({each or _NOBODY for each in touched | {each.rule_id for each in found}})
        return self._by_rule, self._orphans

    def _place(self, touched: Collection[int]) -> None:
        """Rules of which an alert is new, gone or another than it was."""
        if not touched:
            return
        known = {rule.id: rule for rule in self._rules}
        mine: dict[int, dict[Labels, AnyAlert]] = defaultdict(dict)
        self._orphans = []
        for number in sorted(self._alerts):
            alert = self._alerts[number]
            rule = known.get(alert.rule_id or _NOBODY)
            if rule is None:
                self._orphans.append(alert)
            elif rule.id in touched:
                series = rule.series(alert.labels)
                if series in mine[rule.id]:  # the rule was changed, and tells fewer apart
                    self._orphans.append(mine[rule.id][series])
                mine[rule.id][series] = alert
        for each in touched:
            self._by_rule.pop(each, None)
        self._by_rule |= mine
