"""A project's own rules: what is one issue, what it is called, what kind of failure it is."""

from core.analysis.rules.facts import Facts
from core.analysis.rules.problem import Problem, RulesError
from core.analysis.rules.reading import Reading, checked, read
from core.analysis.rules.rule import NO_RULES, ClassificationRule, GroupingRule, RuleSet

__all__ = [
    "NO_RULES",
    "ClassificationRule",
    "Facts",
    "GroupingRule",
    "Problem",
    "Reading",
    "RuleSet",
    "RulesError",
    "checked",
    "read",
]
