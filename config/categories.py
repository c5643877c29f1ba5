"""The reference page of the categories of failures, made from the tables that classify."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from config.knowledge import own_tables
from core.errors import Category

_MARKS = "+-?"
_HEAD = """# Categories of failures

Every error has one. The category says whether trying again can help as a rule; a single code,
type or phrase may say otherwise. Made from the tables in `config/defaults/classification*.toml`.

| Category | Meaning | Transient | Severity | HTTP status | Codes | Types | Phrases |
| --- | --- | --- | --- | --- | --- | --- | --- |
"""
_EXAMPLES_HEAD = """
## Examples

Two of each kind. A trailing + or - says that it is transient or permanent where that
differs from the category.

| Category | Codes | Types | Phrases in messages |
| --- | --- | --- | --- |
"""
_OWN = """
## Your own

Files `classification*.toml` in the directory of `MENDLINE_KNOWLEDGE_DIR` have the same sections and
decide before these. A mistake in them is refused at the start, with the file and the entry.

```toml
[categories]
resource = { severity = "high" }

[codes.service]
rate_limit = "TENANT_BUSY TENANT_SLOW"
"timeout-" = "TENANT_GIVEN_UP"

[[library]]
name = "shop"
modules = "shop.errors shop.payments"
[library.types]
unavailable = "LedgerClosed"
"unknown?" = "ShopError"

[[message]]
name = "ledger"
category = "concurrency"
confidence = 0.9
phrases = \"\"\"
ledger is being closed
posting … was overtaken
\"\"\"
unless = "for good"
```
"""


class _Rule(NamedTuple):
    kind: str
    category: str
    told: str


def categories_page() -> str:
    tables = list(own_tables().values())
    facts = next(table["categories"] for table in tables if "categories" in table)
    found: dict[tuple[str, str], list[str]] = defaultdict(list)
    for table in tables:
        for rule in _rules(table):
            found[rule.category, rule.kind].append(rule.told)
    rows = (_row(category, facts[category], found) for category in Category)
    examples = (_examples(category, found) for category in Category)
    return _HEAD + "".join(rows) + _EXAMPLES_HEAD + "".join(examples) + _OWN


def _rules(table: Mapping[str, Any]) -> Iterator[_Rule]:
    for system, codes in table.get("codes", {}).items():
        for entry, words in codes.items():
            yield from (_rule("codes", entry, f"{system} {code}") for code in words.split())
    for library in table.get("library", ()):
        for entry, words in library["types"].items():
            name = library["name"]
            yield from (_rule("types", entry, f"{name} {kind}") for kind in words.split())
    for message in table.get("message", ()):
        phrases = message["phrases"].strip().splitlines()
        yield from (_rule("phrases", message["category"], phrase) for phrase in phrases)


def _rule(kind: str, entry: str, told: str) -> _Rule:
    mark = entry[-1] if entry.endswith(("+", "-")) else ""
    return _Rule(kind, entry.rstrip(_MARKS), told + mark)


def _row(
    category: Category, facts: Mapping[str, Any], found: Mapping[tuple[str, str], list[str]]
) -> str:
    counts = (len(found.get((category, kind), ())) for kind in ("codes", "types", "phrases"))
    cells = (
        f"`{category}`",
        facts["meaning"],
        "yes" if facts["transient"] else "no",
        facts["severity"],
        facts["status"],
        *counts,
    )
    return f"| {' | '.join(map(str, cells))} |\n"


def _examples(category: Category, found: Mapping[tuple[str, str], list[str]]) -> str:
    cells = (
        ", ".join(f"`{told}`" for told in _two(found.get((category, kind), [])))
        for kind in ("codes", "types", "phrases")
    )
    return f"| `{category}` | {' | '.join(cells)} |\n"


def _two(told: list[str]) -> list[str]:
    """The first, and one of another system or library."""
    return [told[0], told[len(told) // 2]] if len(told) > 1 else told
