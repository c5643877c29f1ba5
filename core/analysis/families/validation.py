"""Values that do not fit: fields, formats, constraints across fields, own validators."""

import re

from core.analysis.family import Facts, Family, found
from core.errors import Category

_LIBRARIES = frozenset({
    "pydantic", "pydantic_core", "marshmallow", "cerberus", "jsonschema", "voluptuous",
    "wtforms", "msgspec", "attrs", "zod", "ajv",
    "joi", "activemodel", "fluentvalidation", "javax.validation", "jakarta.validation",
    "system.componentmodel.dataannotations",
})  # fmt: skip
_PATTERNS = {
    "model": re.compile(r"\bvalidation errors? for ([\w.\[\]]{1,100})"),
    "field": re.compile(
        r"\b(?:[Ff]ield|[Pp]roperty|[Pp]arameter|[Aa]ttribute"
        r"|[Aa]rgument)[: ]{1,2}['\"`]?([\w.\[\]-]{1,80})"
        r"|^['\"]([\w.-]{1,80})['\"] is "
    ),
    "rule": re.compile(r"\[type=(\w{1,60})"),
    "value": re.compile(r"\binput_type=(\w{1,40})"),
}


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.86
    if facts.category is Category.VALIDATION:
        return 0.58
    return 0.5 if facts.component in ("validation", "validator", "form") else 0.0


def context(facts: Facts) -> dict[str, str]:
    details = found(_PATTERNS, facts.message)
    lines = facts.message.splitlines()
    if "model" in details and "field" not in details and len(lines) > 1:
        details["field"] = lines[1].strip()[:80]
    details["kind"] = (
        "format" if facts.says(("format", "pattern", "parse", "decode", "match")) else "field"
    )
    return details


FAMILY = Family("validation", weight, context)
