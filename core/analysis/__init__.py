"""Event → what is it: grouping and classification, pure and for any JSON object."""

from core.analysis.analyse import CURRENT, Algorithm, analyse
from core.analysis.fingerprint import GROUPING_VERSION
from core.analysis.knowledge import Knowledge
from core.analysis.rules.rule import NO_RULES, RuleSet

__all__ = [
    "CURRENT",
    "GROUPING_VERSION",
    "NO_RULES",
    "Algorithm",
    "Knowledge",
    "RuleSet",
    "analyse",
]
