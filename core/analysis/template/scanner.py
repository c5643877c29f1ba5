"""Reads a message from left to right and puts placeholders where its values are.

One regular expression is made of all masks. A match is what can be passed over, and one part behind
it: a value, or a run of letters and digits that is none. So every character is looked at once, and
masks are tried only where a value can start.
"""

import re
from itertools import groupby
from operator import attrgetter

from core.analysis.template import (
    amounts,
    dates,
    files,
    hexadecimal,
    ids,
    names,
    network,
    numbers,
    quotes,
    structures,
    tokens,
    versions,
)
from core.analysis.template.mask import Lead, Mask
from core.analysis.template.passing import PASSED, QUICK
from core.analysis.template.replacement import FRAMED, HANDLERS

# The order of trial: what says more about a value comes first.
_MASKS: tuple[Mask, ...] = (
    *ids.MASKS,
    *names.MASKS,
    *structures.MASKS,
    *versions.DECLARED,
    *network.MASKS,
    *dates.MASKS,
    *amounts.MASKS,
    *versions.MASKS,
    *files.MASKS,
    *hexadecimal.MASKS,
    *tokens.MASKS,
    *quotes.MASKS,
    *numbers.MASKS,
)


def _alternatives(lead: Lead) -> str:
    """The masks of a lead in order of trial; neighbours of one kind share a group."""
    masks = [mask for mask in (Mask("n", Lead.DIGIT, QUICK), *_MASKS) if mask.lead is lead]
    groups = [
        f"(?P<{kind}_{lead.name}_{at}>{'|'.join(mask.pattern for mask in found)})"
        for at, (kind, found) in enumerate(groupby(masks, key=attrgetter("kind")))
    ]
    return f"{lead.value}(?:{'|'.join(groups)})"


_PATTERN = re.compile(
    rf"(?=.)(?P<passed>{PASSED})(?:{'|'.join(map(_alternatives, Lead))}|[A-Za-z\d]++|.)?",
    re.ASCII | re.DOTALL,
)
_KINDS = {group: name.partition("_")[0] for name, group in _PATTERN.groupindex.items()}
_PLACEHOLDERS = {
    group: FRAMED.get(kind, f"<{kind}>") for group, kind in _KINDS.items() if kind not in HANDLERS
}
_HANDLED = {group: HANDLERS[kind] for group, kind in _KINDS.items() if kind in HANDLERS}
_PASSED_GROUP = 1


def read(text: str) -> str:
    """One reading of a text that is one line."""
    return _PATTERN.sub(_replaced, text)


def _replaced(found: re.Match[str]) -> str:
    group = found.lastindex
    if group is None or group == _PASSED_GROUP:
        return found[0]
    handler = _HANDLED.get(group)
    return found[1] + (handler(found, read) if handler else _PLACEHOLDERS[group])
