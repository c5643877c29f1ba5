"""Limits of others and of our users: request rates, quotas, budgets, resources."""

import re

from core.analysis.family import Facts, Family, found, told
from core.errors import Category

_PATTERNS = {
    "retry_after": re.compile(
        r"(?:retry|try again)[ _-]?(?:after|in)[ :=]{1,2}(\d{1,6}(?:\.\d{1,3})?)", re.IGNORECASE
    ),
    "limit": re.compile(r"\blimit(?: is| of)?[ :=]{1,2}(\d[\d,]{0,12})\b", re.IGNORECASE),
    "used": re.compile(r"\b(?:used|current|usage)[ :=]{1,2}(\d[\d,]{0,12})\b", re.IGNORECASE),
    "quota": re.compile(
        r"\bquota (?:metric |limit |for )?['\"]([\w.\-/ ]{1,100})['\"]", re.IGNORECASE
    ),
}
_TOLD = {
    "retry_after": "retry_after",
    "limit": "limit",
    "user_id": "owner",
    "tenant": "owner",
    "quota": "quota",
    "plan": "plan",
}


def weight(facts: Facts) -> float:
    if facts.category is Category.RATE_LIMIT:
        return 0.89
    if facts.component in ("rate_limit", "ratelimit", "throttle", "quota"):
        return 0.7
    return 0.0


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_PATTERNS, facts.message), **told(facts, _TOLD)}
    if facts.says(("budget", "billing", "cost", "credit")):
        details["kind"] = "cost"
    elif facts.says(("quota", "plan")):
        details["kind"] = "quota"
    else:
        details["kind"] = "rate"
    return details


FAMILY = Family("rate_limit", weight, context)
