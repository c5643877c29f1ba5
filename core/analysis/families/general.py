"""What no other family takes: a kind for each category."""

import re

from core.analysis.details import Detail, found
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.errors import Category

_STATUSES = {
    Category.CONNECTION: (503, "Something that is needed cannot be reached."),
    Category.TIMEOUT: (504, "Something did not answer in time."),
    Category.RATE_LIMIT: (429, "Too much at once."),
    Category.UNAVAILABLE: (503, "Something that is needed is not available."),
    Category.SERVER: (502, "Another program failed."),
    Category.CONCURRENCY: (503, "Another change got in the way."),
    Category.RESOURCE: (507, "Memory, disk, handles or another resource is used up."),
    Category.ROUTING_STALE: (503, "The addressed server has another role now."),
    Category.CANCELLED: (499, "It was called off."),
    Category.AUTH: (403, "Not allowed."),
    Category.VALIDATION: (422, "A value does not fit."),
    Category.NOT_FOUND: (404, "There is no such thing."),
    Category.INTEGRITY: (409, "In conflict with what is stored."),
    Category.CONFIG: (500, "Not configured correctly."),
    Category.UNSUPPORTED: (501, "Not supported."),
    Category.BUG: (500, "A fault in the program."),
    Category.OTHER_TRANSIENT: (503, "A failure that passes."),
    Category.OTHER_PERMANENT: (500, "A failure that stays."),
    Category.UNKNOWN: (500, "Not known."),
}
_DETAILS = (
    Detail(
        "file",
        re.compile(r"(?:file|directory|path):? ['\"]([^'\"\n]{1,120})['\"]", re.IGNORECASE),
        ("file", "directory", "path"),
    ),
    Detail("signal", re.compile(r"\b(SIG[A-Z]{3,5})\b|\bsignal (\d{1,2})\b"), ("sig",)),
    Detail(
        "retry_after",
        re.compile(
            r"(?:retry|try again)[ _-]?(?:after|in)[ :=]{1,2}(\d{1,6}(?:\.\d{1,3})? ?[a-z]{0,8})",
            re.IGNORECASE,
        ),
        ("retry", "try again"),
    ),
)


def weight(_: Facts) -> float:
    return 0.0


def context(facts: Facts) -> dict[str, str]:
    return found(_DETAILS, facts)


FAMILY = Family(
    "general",
    "ERR",
    "What no other family takes; its kinds are the categories.",
    weight,
    context,
    Kinds(
        *(
            Kind(category.value, about, status, categories=(category,))
            for category, (status, about) in _STATUSES.items()
        )
    ),
)
