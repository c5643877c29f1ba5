"""What families of errors look at: an event and its exceptions, made ready once for all of them."""

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from core.analysis.event import ErrorEvent, Failure, tag, text
from core.analysis.evidence import named
from core.analysis.verdict import Verdict
from core.errors import Category

READ_LENGTH = 2_000
_CAUSE_LENGTH = 400
_ASKED = 4
_LETTERS = re.compile(r"[a-z0-9]+")
# Rules that do not end in a code, as `sqlstate:40P01` does, but in a type, a name or a category.
_WORDED = ("type", "message", "name", "none")


class Facts(NamedTuple):
    """`types`, `codes` and `modules` are those of the exception that surfaced and of its causes;
    modules with everything above them (`java.net`, `java`), in lower case. `message` begins with
    the one that surfaced; `low` is it in lower case. `component`: what the client says failed.
    """

    event: ErrorEvent
    failures: tuple[Failure, ...]
    type: str
    types: tuple[str, ...]
    codes: tuple[str, ...]
    modules: frozenset[str]
    message: str
    low: str
    component: str
    category: Category
    rule: str

    def from_library(self, roots: frozenset[str]) -> bool:
        return not self.modules.isdisjoint(roots)

    def of_component(self, names: frozenset[str]) -> bool:
        """Whether a word of the component's name is one of these: `redis-operations`."""
        return bool(self.component) and not names.isdisjoint(_parts(self.component[:80]))

    def says(self, words: Iterable[str]) -> bool:
        low = self.low
        for word in words:  # noqa: SIM110 (asked often; a generator takes twice as long)
            if word in low:
                return True
        return False


def facts_of(event: ErrorEvent, failures: tuple[Failure, ...], verdict: Verdict) -> Facts:
    asked = failures[: -1 - _ASKED : -1] or (Failure(),)
    names = [named(failure.type, failure.module) for failure in asked]
    message = _message(event, asked)
    return Facts(
        event=event,
        failures=asked,
        type=names[0][0],
        types=tuple(name for name, _, _ in names if name),
        codes=_codes(event, asked, verdict.rule),
        modules=frozenset().union(*(_above(module) for _, module, _ in names if module)),
        message=message,
        low=message.lower(),
        component=(tag(event.raw, "component") or text(event.raw.get("component"))).lower(),
        category=verdict.category,
        rule=verdict.rule,
    )


def _message(event: ErrorEvent, asked: tuple[Failure, ...]) -> str:
    surfaced = (asked[0].value or event.message)[:READ_LENGTH]
    if len(asked) == 1:
        return surfaced
    causes = (failure.value[:_CAUSE_LENGTH] for failure in asked[1:])
    return "\n".join((surfaced, *causes))


def _codes(event: ErrorEvent, asked: tuple[Failure, ...], rule: str) -> tuple[str, ...]:
    """Codes that were told, the one that decided first, with and without its system."""
    rule = rule.removeprefix("cause ").partition(" ")[0]
    system, _, code = rule.partition(":")
    found = [rule, code] if code and system not in _WORDED else []
    found += [failure.code for failure in asked if failure.code]
    if event.code:
        found.append(event.code)
    if event.http_status is not None:
        found.append(str(event.http_status))
    return tuple(found)


@lru_cache(maxsize=512)
def _parts(component: str) -> frozenset[str]:
    return frozenset(_LETTERS.findall(component))


@lru_cache(maxsize=2_048)
def _above(module: str) -> frozenset[str]:
    parts = module.lower().split(".")[:8]
    return frozenset(".".join(parts[: length + 1]) for length in range(len(parts)))
