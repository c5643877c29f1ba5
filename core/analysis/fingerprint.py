"""Decides which issue an event belongs to, and says what decided it.

A rule of the project comes first, then the client's fingerprint, the stack trace, the exception,
the message. The key is made of the parts that contribute; `why` lists exactly these.
"""

from collections.abc import Sequence
from hashlib import blake2b
from typing import Final, NamedTuple

from core.analysis import variables
from core.analysis.chain import Chain
from core.analysis.event import ErrorEvent, text
from core.analysis.result import Grouping, Mechanism
from core.analysis.template import headline, normalise
from core.analysis.title import MAX_TITLE, culprit, title
from core.analysis.variables import DEFAULT, Variable
from core.versions import GROUPING_VERSION

__all__ = ["GROUPING_VERSION", "Wish", "group"]

_PERSON: Final = b"1"


class Part(NamedTuple):
    """One contribution: what it is, and its value."""

    kind: str
    value: str


class Decision(NamedTuple):
    """What decides the key."""

    mechanism: Mechanism
    parts: list[Part]


class Wish(NamedTuple):
    """What a rule wants instead. `apart`: kept from the events that the rule does not match."""

    fingerprint: Sequence[str] = ()
    title: str = ""
    apart: bool = False


_NO_WISH: Final = Wish()
_APART: Final = Part("ignored", "by a rule")


def group(event: ErrorEvent, chain: Chain, wish: Wish = _NO_WISH) -> Grouping:
    decision = _default(event, chain)
    if event.fingerprint:
        decision = _custom(event.fingerprint, event, chain, decision)
    if wish.fingerprint:
        decision = _custom(wish.fingerprint, event, chain, decision)
    parts = [*decision.parts, _APART] if wish.apart else decision.parts
    name = title(event, chain.main, chain.crashed)
    return Grouping(
        issue_key=_key(parts),
        title=_wished(wish.title, name, event, chain) if wish.title else name,
        culprit=culprit(event, chain.crashed),
        mechanism=decision.mechanism,
        why=tuple(f"{part.kind}: {part.value}" for part in parts),
    )


def _key(parts: list[Part]) -> str:
    digest = blake2b(digest_size=16, salt=b"grouping", person=_PERSON)
    for part in parts:
        digest.update(f"{part.kind}\x1f{part.value}\x1e".encode("utf-8", "surrogatepass"))
    return digest.hexdigest()


def _default(event: ErrorEvent, chain: Chain) -> Decision:
    if chain.links:
        parts = [Part(kind, value) for link in chain.links for kind, value in link]
        by_stack = any(kind == "frame" for kind, _ in parts)
        return Decision(Mechanism.STACKTRACE if by_stack else Mechanism.EXCEPTION, parts)
    said = [Part("message", normalise(headline(event.template)))] if event.template else []
    if chain.loose:
        return Decision(
            Mechanism.STACKTRACE, said + [Part("frame", label) for label in chain.loose]
        )
    return Decision(Mechanism.MESSAGE, said or _nothing_said(event))


def _nothing_said(event: ErrorEvent) -> list[Part]:
    """An event without exception, stack and message is known by where it comes from."""
    raw = event.raw
    names = ("type", "transaction", "culprit", "logger", "platform")
    found = [Part(name, normalise(value)) for name in names if (value := text(raw.get(name)))]
    return found or [Part("event", "without content")]


def _custom(given: Sequence[str], event: ErrorEvent, chain: Chain, default: Decision) -> Decision:
    """Somebody's own parts; `{{ default }}` alone, or nothing but blanks, changes nothing."""

    def value(variable: Variable) -> str | None:
        if variable.bare == DEFAULT:
            return " | ".join(part.value for part in default.parts)
        return variables.value_of(variable, event, chain)

    parts: list[Part] = []
    own = False
    for each in given:
        whole = variables.alone(each)
        if whole and whole.bare == DEFAULT:
            parts += default.parts
        else:
            said = variables.filled(whole.written if whole else each, value)
            parts.append(Part("fingerprint", said))
            own = own or bool(said.strip())
    return Decision(Mechanism.FINGERPRINT, parts) if own else default


def _wished(wanted: str, default: str, event: ErrorEvent, chain: Chain) -> str:
    """A rule's title, in which `{{ title }}` or `{{ default }}` is the one without the rule."""

    def value(variable: Variable) -> str | None:
        if variable.bare in {DEFAULT, "title"}:
            return default
        return variables.shown_of(variable, event, chain)

    line = " ".join(variables.filled(wanted, value).split())
    return line[:MAX_TITLE] or default
