"""Limits of others and of our users: request rates, quotas, budgets, resources."""

import re

from core.analysis.details import Detail, found, told, user_of
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.analysis.proposal import Advice
from core.errors import Category

_LIBRARIES = frozenset({
    "limits", "slowapi", "flask_limiter", "ratelimit", "django_ratelimit", "pyrate_limiter",
    "throttled", "rack.attack", "bucket4j", "io.github.bucket4j", "express-rate-limit",
})  # fmt: skip
_COMPONENTS = frozenset({"ratelimit", "ratelimiter", "throttle", "quota", "billing", "budget"})
# What a limit looks like where nothing calls it one.
_LIMITS = frozenset(
    {
        Category.RESOURCE, Category.VALIDATION, Category.AUTH, Category.UNKNOWN,
        Category.OTHER_TRANSIENT, Category.OTHER_PERMANENT,
    }
)  # fmt: skip
_WORDS = ("quota", "over budget", "rate limit", "too many requests", "budget exceeded")
_AMOUNT = r"(\d[\d,]{0,12}(?:\.\d{1,6})?(?: ?(?:[KMGT]i?B|MB|requests?|per \w{3,8}|/ ?\w{1,8}))?)"
_DETAILS = (
    Detail("retry_after",
           re.compile(r"(?:retry|try again|available|wait)[ _-]?(?:after|in|for)?['\"]?[ :=]{1,2}"
                      r"['\"]?(\d{1,6}(?:\.\d{1,3})? ?[a-z]{0,12})", re.IGNORECASE),
           ("retry", "try again", "available", "wait")),
    Detail("limit",
           re.compile(rf"\b(?:limit|allowed|max(?:imum)?)(?: is| of)?['\"]?[ :=]{{1,2}}[$€£]?"
                      rf"{_AMOUNT}|\bof (?:your )?(?:monthly |daily )?(\d[\d,]{{0,12}}) \w{{3,20}}",
                      re.IGNORECASE),
           ("limit", "allowed", "max", "of ")),
    Detail("used",
           re.compile(rf"\b(?:used|current|usage|spent|consumed)(?: is| of)?['\"]?[ :=]{{1,2}}"
                      rf"[$€£]?{_AMOUNT}", re.IGNORECASE),
           ("used", "current", "usage", "spent", "consumed")),
    Detail("quota",
           re.compile(r"\bquota (?:metric |limit |for )?['\"]([\w.\-/ ]{1,100})['\"]",
                      re.IGNORECASE),
           ("quota",)),
    Detail("reset",
           re.compile(r"\breset(?:s|ting)?(?:[ _-]?at)?['\"]?[ :=]{1,2}['\"]?"
                      r"(\d{4}-\d\d-\d\dT[\d:.]{5,15}(?:Z|[+-]\d\d:\d\d)|1\d{9}\b)", re.IGNORECASE),
           ("reset",)),
    Detail("owner",
           re.compile(r"\b(?:user|tenant|account|organi[sz]ation|customer|client)[ :=]{1,2}['\"]?"
                      r"([\w@.-]{0,60}[\d@._-][\w@.-]{0,60})", re.IGNORECASE),
           ("user", "tenant", "account", "organi", "customer", "client")),
    Detail("host", re.compile(r"https?://([\w.-]{1,100})"), ("http",)),
    Detail("resource",
           re.compile(r"\bresource[ :=]{1,2}['\"]?([\w./-]{2,80})", re.IGNORECASE), ("resource",)),
)  # fmt: skip
_TOLD = {
    "retry_after": "retry_after", "Retry-After": "retry_after", "retry-after": "retry_after",
    "limit": "limit", "rate_limit": "limit", "x-ratelimit-limit": "limit", "max": "limit",
    "used": "used", "usage": "used", "current": "used", "remaining": "remaining",
    "x-ratelimit-remaining": "remaining", "reset": "reset", "reset_at": "reset",
    "x-ratelimit-reset": "reset", "rate_limit_reset": "reset", "user_id": "owner",
    "tenant": "owner", "tenant_id": "owner", "account_id": "owner", "quota": "quota",
    "quota_name": "quota", "plan": "plan", "cost": "cost", "budget": "budget",
    "currency": "currency", "resource": "resource", "window": "window",
}  # fmt: skip

_KINDS = Kinds(
    Kind(
        "cost", "The money granted is spent.", 402,
        codes=("402", "insufficient_quota", "billing_hard_limit_reached", "BillingDisabled"),
        types=("BudgetExceededError", "CostLimitExceeded", "PaymentRequired"),
        words=("budget", "billing", "cost", "credit", "payment required", "spending", "spend"),
        again=Advice.WAIT, never=Advice.ESCALATE,
    ),
    Kind(
        "quota", "An owner's share for a time is used up.", 429,
        codes=("quotaExceeded", "QuotaExceeded", "dailyLimitExceeded", "QuotaFailure"),
        types=("QuotaExceededError", "QuotaExceeded", "QuotaExceededException"),
        words=("quota", "plan", "daily limit", "monthly limit", "usage limit", "allowance"),
        again=Advice.WAIT, never=Advice.ESCALATE,
    ),
    Kind(
        "concurrency", "Too many at the same time.", 429,
        codes=("TooManyConcurrentRequests", "ConcurrentModification"),
        types=("BulkheadFullException", "ConcurrencyLimitExceeded"),
        words=("concurrent", "simultaneous", "in parallel", "bulkhead"),
        again=Advice.THROTTLE,
    ),
    Kind(
        "resource", "A limit on memory, storage, processes or files.", 429,
        codes=("LimitExceededException", "ResourceLimitExceeded"),
        types=("ResourceLimitExceeded", "LimitExceeded"),
        words=("memory limit", "storage limit", "disk quota", "cpu limit", "resource limit",
               "maximum number of", "size limit", "file limit"),
        again=Advice.WAIT, never=Advice.ESCALATE,
    ),
    Kind("rate", "Too many in a time.", 429, again=Advice.THROTTLE),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.category is Category.RATE_LIMIT:
        return 0.89
    if facts.from_library(_LIBRARIES):
        return 0.87
    if _limits(facts):
        return 0.7
    return 0.54 if facts.says(_WORDS) else 0.0


def _limits(facts: Facts) -> bool:
    """Such components fail in other ways, too: a lost connection is no limit."""
    named = facts.of_component(_COMPONENTS) or "rate_limit" in facts.component
    return named and facts.category in _LIMITS


def context(facts: Facts) -> dict[str, str]:
    details = {**found(_DETAILS, facts), **told(facts, _TOLD)}
    if "owner" not in details and (owner := user_of(facts)):
        details["owner"] = owner
    return details


FAMILY = Family(
    "rate_limit",
    "LIMIT",
    "Rates, quotas, budgets and limits on resources.",
    weight,
    context,
    _KINDS,
)
