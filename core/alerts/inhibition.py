"""Inhibition: an alert is not told while another one, that explains it, fires.

The sources are rows, all of which are read before anything is sent: after a restart there is no
moment in which a target is known and its source is not.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from core.alerts.matcher import Matcher, all_fit
from core.alerts.picture import Pictured


@dataclass(frozen=True, slots=True)
class InhibitRule:
    """Targets are held back while a source fires that has the same values of `equal`."""

    name: str
    source: tuple[Matcher, ...]
    target: tuple[Matcher, ...]
    equal: tuple[str, ...] = ()

    def values(self, alert: Pictured) -> tuple[str, ...]:
        return tuple(alert.labels.get(label, "") for label in self.equal)


@dataclass(frozen=True, slots=True)
class Inhibited:
    rule: str
    source_id: int
    source_name: str

    def __str__(self) -> str:
        return f"{self.source_name} (alert {self.source_id}) fires, by the rule {self.rule}."


class Inhibitions:
    """What holds back what, looked up by the labels that both sides share."""

    def __init__(self, rules: Sequence[InhibitRule], alerts: Iterable[Pictured]) -> None:
        self._rules = rules
        self._sources: list[dict[tuple[str, ...], list[Pictured]]] = [{} for _ in rules]
        firing = [alert for alert in alerts if alert.firing]
        for rule, sources in zip(rules, self._sources, strict=True):
            for alert in firing:
                if all_fit(rule.source, alert.labels):
                    sources.setdefault(rule.values(alert), []).append(alert)

    def of(self, alert: Pictured) -> Inhibited | None:
        """The first rule and source that hold it back. Nothing holds itself back."""
        for rule, sources in zip(self._rules, self._sources, strict=True):
            if not all_fit(rule.target, alert.labels):
                continue
            # Of two alerts that are source and target alike neither holds the other back.
            both = all_fit(rule.source, alert.labels)
            for source in sources.get(rule.values(alert), ()):
                if source.id != alert.id and not (both and all_fit(rule.target, source.labels)):
                    return Inhibited(rule.name, source.id, source.name)
        return None
