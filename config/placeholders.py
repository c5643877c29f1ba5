"""Writes the reference page of message templates from the table of placeholders."""

from core.analysis.template import PLACEHOLDERS

_HEAD = """\
# Message templates

What varies in a message becomes a placeholder; words and codes that carry meaning stay:
`HTTP 404`, `exit code 137`, `ORA-00060`, `utf-8`, `column "price"`. Neighbours of one kind in a
list become one placeholder. A template has at most 2,048 characters and is its own template.

| Placeholder | Stands for | Found in |
| --- | --- | --- |
"""


def placeholders_page() -> str:
    rows = (f"| `<{one.name}>` | {one.stands_for} | `{one.example}` |\n" for one in PLACEHOLDERS)
    return _HEAD + "".join(rows)
