"""What a project's rules make of an event that is read and classified."""

from dataclasses import replace
from typing import Final, NamedTuple

from core.analysis.families import recast, reproposed
from core.analysis.knowledge import Knowledge
from core.analysis.result import Classification, Ruled
from core.analysis.rules.facts import Facts
from core.analysis.rules.rule import ClassificationRule, GroupingRule, RuleSet, first

CERTAIN: Final = 1.0


class Ruling(NamedTuple):
    """`grouping` is the rule that decides about the issue; `ruled` names both rules."""

    classification: Classification
    grouping: GroupingRule | None
    ruled: Ruled


def apply(
    rules: RuleSet, facts: Facts, classification: Classification, knowledge: Knowledge
) -> Ruling:
    """Classification comes first: rules for grouping see the category that it ends with."""
    by = first(rules.classification, facts)
    if by is not None:
        classification = _reclassified(classification, by, knowledge)
        facts.reclassified(classification)
    grouping = first(rules.grouping, facts)
    ruled = Ruled(
        version=rules.version,
        grouping=grouping.name if grouping else "",
        classification=by.name if by else "",
        keyed=grouping is not None and (grouping.ignore or bool(grouping.fingerprint)),
        ignored=grouping is not None and grouping.ignore,
        titled=grouping is not None and bool(grouping.title),
    )
    return Ruling(classification, grouping, ruled)


def _reclassified(
    found: Classification, rule: ClassificationRule, knowledge: Knowledge
) -> Classification:
    """With another category its kind and severity, and whether trying again usually helps."""
    transient, severity = found.transient, found.severity
    if rule.category is not None and rule.category is not found.category:
        found = recast(found, rule.category)
        transient = found.category in knowledge.transients
        severity = knowledge.severities.get(found.category, severity)
    changed = replace(
        found,
        transient=transient if rule.transient is None else rule.transient,
        severity=rule.severity or severity,
        confidence=CERTAIN,
        rule=f"rule:{rule.name}",
    )
    return reproposed(changed)
