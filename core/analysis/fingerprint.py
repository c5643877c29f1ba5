"""Decides which issue an event belongs to, and says what decided it.

A custom fingerprint comes first, then the stack trace, the exception, the message. The key is made
of the parts that contribute; `why` lists exactly these.
"""

import re
from collections.abc import Iterator
from hashlib import blake2b
from typing import NamedTuple

from core.analysis.chain import Chain
from core.analysis.event import ErrorEvent, Failure, Frame, tag, text
from core.analysis.result import Grouping, Mechanism
from core.analysis.template import headline, normalise
from core.analysis.title import culprit, title

# Raised with every change that gives an event another key; older keys keep leading to their issues.
GROUPING_VERSION = 1

_FIELDS = ("transaction", "level", "logger", "release", "environment", "platform", "culprit")
_VARIABLE = re.compile(r"\{\{\s{0,20}([\w.-]{1,100})\s{0,20}\}\}")


class Part(NamedTuple):
    """One contribution: what it is, and its value."""

    kind: str
    value: str


def group(event: ErrorEvent, chain: Chain) -> Grouping:
    mechanism, parts = _default(event, chain)
    if event.fingerprint:
        custom = list(_custom(event, chain, parts))
        if any(part.kind == "fingerprint" for part in custom):
            mechanism, parts = Mechanism.FINGERPRINT, custom
    return Grouping(
        issue_key=_key(parts),
        title=title(event, chain.main, chain.crashed),
        culprit=culprit(event, chain.crashed),
        mechanism=mechanism,
        why=tuple(f"{part.kind}: {part.value}" for part in parts),
    )


def _key(parts: list[Part]) -> str:
    digest = blake2b(digest_size=16, salt=b"grouping", person=b"%d" % GROUPING_VERSION)
    for part in parts:
        digest.update(f"{part.kind}\x1f{part.value}\x1e".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _default(event: ErrorEvent, chain: Chain) -> tuple[Mechanism, list[Part]]:
    if chain.links:
        parts = [Part(kind, value) for link in chain.links for kind, value in link]
        by_stack = any(kind == "frame" for kind, _ in parts)
        return (Mechanism.STACKTRACE if by_stack else Mechanism.EXCEPTION), parts
    said = [Part("message", normalise(headline(event.template)))] if event.template else []
    if chain.loose:
        return Mechanism.STACKTRACE, said + [Part("frame", label) for label in chain.loose]
    return Mechanism.MESSAGE, said or _nothing_said(event)


def _nothing_said(event: ErrorEvent) -> list[Part]:
    """An event without exception, stack and message is known by where it comes from."""
    raw = event.raw
    names = ("type", "transaction", "culprit", "logger", "platform")
    found = [Part(name, normalise(value)) for name in names if (value := text(raw.get(name)))]
    return found or [Part("event", "without content")]


def _custom(event: ErrorEvent, chain: Chain, default: list[Part]) -> Iterator[Part]:
    """The client's parts; a variable stands for its value, `{{ default }}` for what would have
    decided.
    """
    for given in event.fingerprint:
        whole = _VARIABLE.fullmatch(given.strip())
        if whole and whole[1].lower() == "default":
            yield from default
        elif "{{" in given:
            filled = _VARIABLE.sub(lambda match: _value(match[1], event, chain, default), given)
            yield Part("fingerprint", filled)
        else:
            yield Part("fingerprint", given)


def _value(name: str, event: ErrorEvent, chain: Chain, default: list[Part]) -> str:
    """What a variable of a fingerprint stands for; an unknown one stands for itself."""
    name = name.lower()
    bare = name.removeprefix("error.").removeprefix("stack.")
    main, crashed = chain.main or Failure(), chain.crashed or Frame("", "", "")
    if bare == "default":
        return "\x1f".join(part.value for part in default)
    if bare in ("value", "message"):
        return normalise(headline(main.value or event.template))
    if bare in ("type", "function", "module", "abs_path"):
        place = crashed.module or crashed.file
        return {"type": main.type, "function": crashed.function}.get(bare, place)
    if name in _FIELDS:
        return text(event.raw.get(name))
    return tag(event.raw, name.removeprefix("tags.")) or "{{ " + name + " }}"
