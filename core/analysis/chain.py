"""The exceptions of an event as what they were: causes in a row, or a group and its members."""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from core.analysis.edition import NEWEST, Edition
from core.analysis.event import ErrorEvent, Failure, Frame
from core.analysis.language import Language
from core.analysis.languages import printed, spoken
from core.analysis.stack import Stack, reduced
from core.analysis.template import headline, normalise

Link = tuple[tuple[str, str], ...]

# Types that clients put where they know none.
_VAGUE = frozenset({"", "Error", "Exception"})
_SEVERAL = 2
# As languages and systems word it.
_ENDLESS = re.compile(
    r"(?i:recursionerror|recursion depth|too much recursion|maximum call stack|systemstackerror"
    r"|stack level too deep|stack[ _-]?overflow|goroutine stack exceeds|has overflowed its stack"
    r"|infinite recursion|insufficientexecutionstack)"
)
_SAID = 300


class Chain(NamedTuple):
    """`links`: per exception what identifies it, causes first. `main` gives the issue its name.

    `failures` are the exceptions themselves; `loose` is the stack of an event that has none;
    `language` is that of a stack trace that came as text.
    """

    links: tuple[Link, ...]
    main: Failure | None
    crashed: Frame | None
    failures: tuple[Failure, ...] = ()
    loose: tuple[str, ...] = ()
    language: str = ""


def told(event: ErrorEvent, edition: Edition = NEWEST) -> Chain:
    language, failures = _unprinted(event, edition)
    if not failures:
        stack = reduced(event.frames, event.platform, edition=edition)
        return Chain((), None, stack.crashed, loose=stack.labels)
    members = _members(failures)
    if members:
        return _grouped(members, failures, _Tongue(event.platform, language, edition))
    links, crashed = _linked(failures, _Tongue(event.platform, language, edition))
    spoken_in = language.name if language else ""
    return Chain(links, failures[-1], crashed, failures, language=spoken_in)


class _Tongue(NamedTuple):
    """What the client calls its platform, and the language that a printed trace was in."""

    platform: str
    language: Language | None
    edition: Edition

    def of(self, failure: Failure) -> Language:
        return self.edition.of(self.language or spoken(self.platform, failure.frames))


def _linked(failures: Sequence[Failure], tongue: _Tongue) -> tuple[tuple[Link, ...], Frame | None]:
    languages = [tongue.of(failure) for failure in failures]
    stacks = [
        _stack(failure, language, tongue)
        for failure, language in zip(failures, languages, strict=True)
    ]
    links = map(_link, failures, stacks, languages)
    return tuple(dict.fromkeys(filter(None, links))), _crashed(stacks)


def _stack(failure: Failure, language: Language, tongue: _Tongue) -> Stack:
    return reduced(
        failure.frames,
        tongue.platform,
        language=language,
        edition=tongue.edition,
        endless=bool(_ENDLESS.search(f"{failure.type}: {failure.value[:_SAID]}")),
    )


def _unprinted(event: ErrorEvent, edition: Edition) -> tuple[Language | None, tuple[Failure, ...]]:
    """The failures, with those that came as printed text taken apart."""
    given = event.failures
    if not given:
        text = event.message
        read = printed(text, event.platform, edition.languages) if "\n" in text else (None, [])
        return read[0], tuple(read[1])
    language = None
    failures: list[Failure] = []
    for failure in given:
        tongue, found = _taken_apart(failure, event.platform, edition)
        language = tongue or language
        # Where the client tells every cause by itself, a print repeats them.
        failures += found if len(given) == 1 else found[-1:]
    return language, tuple(failures)


def _taken_apart(
    failure: Failure, platform: str, edition: Edition
) -> tuple[Language | None, list[Failure]]:
    if failure.frames:
        return None, [failure]
    text = failure.trace or (failure.value if "\n" in failure.value else "")
    language, found = printed(text, platform, edition.languages) if text else (None, [])
    if not found:
        return None, [failure]
    # What the client said in fields of their own is surer than what a print shows.
    outer = found[-1]
    kind = outer.type if failure.type in _VAGUE else failure.type
    found[-1] = outer._replace(
        type=kind or failure.type,
        value=(failure.value if failure.trace else "") or outer.value,
        module=failure.module or outer.module,
        code=failure.code or outer.code,
        synthetic=failure.synthetic or outer.synthetic,
        group=failure.group or outer.group,
        id=outer.id if failure.id is None else failure.id,
        parent=failure.parent,
    )
    return language, found


def _link(failure: Failure, stack: Stack, language: Language) -> Link:
    """What identifies one exception: its type and its stack, or what it said."""
    said_as, said = language.said(failure.type, headline(failure.value))
    kind = () if failure.synthetic or not said_as else (("type", said_as),)
    if stack.labels:
        return (*kind, *(("frame", label) for label in stack.labels))
    # What a group says of itself counts and lists its members.
    said = "" if failure.group else normalise(said)
    kind = kind or ((("type", failure.type),) if failure.type else ())
    return (*kind, ("value", said)) if said else kind


def _crashed(stacks: list[Stack]) -> Frame | None:
    """The frame to show: of the exception that surfaced, where it has one of the application's."""
    for stack in reversed(stacks):
        if stack.own:
            return stack.crashed
    return next((stack.crashed for stack in reversed(stacks) if stack.crashed), None)


def _members(failures: tuple[Failure, ...]) -> list[list[Failure]]:
    """The members of an exception group, each with its causes in front; empty if it is no group."""
    root = failures[-1]
    below: dict[int | None, list[Failure]] = {}
    for failure in failures[:-1]:
        if failure.parent is not None:
            below.setdefault(failure.parent, []).append(failure)
    if root.id is None or not _is_group(root, below):
        return []
    members: list[list[Failure]] = []
    waiting = list(below.get(root.id, ()))
    seen: set[int | None] = {root.id}
    while waiting:
        failure = waiting.pop()
        if failure.id in seen:
            continue
        seen.add(failure.id)
        if _is_group(failure, below):
            waiting.extend(below.get(failure.id, ()))
        else:
            members.append([*_causes(failure, below), failure])
    return members


def _is_group(failure: Failure, below: Mapping[int | None, list[Failure]]) -> bool:
    """Clients that do not mark groups still tell who belongs to whom."""
    return failure.group or len(below.get(failure.id, ())) >= _SEVERAL


def _causes(failure: Failure, below: Mapping[int | None, list[Failure]]) -> list[Failure]:
    """Everything below a member, deepest first."""
    found: list[Failure] = []
    waiting = [failure]
    while waiting and len(found) < len(below):
        children = below.get(waiting.pop().id, [])
        found += children
        waiting += children
    return found[::-1]


def _grouped(members: list[list[Failure]], failures: tuple[Failure, ...], tongue: _Tongue) -> Chain:
    """Members that are the same failure count once, in any order; a single one stands for its
    group.
    """
    root = failures[-1]
    language = tongue.of(root)
    told_by = tongue.language.name if tongue.language else ""
    ways: dict[tuple[Link, ...], tuple[Failure, Frame | None]] = {}
    for member in members:
        links, crashed = _linked(member, tongue)
        ways.setdefault(links, (member[-1], crashed))
    top = _stack(root, language, tongue)
    if len(ways) == 1:
        links, (main, crashed) = next(iter(ways.items()))
        return Chain(links, main, crashed or top.crashed, tuple(members[0]), language=told_by)
    own_link = _link(root._replace(group=True), top, language)
    links = (own_link, *(link for way in sorted(ways) for link in way))
    return Chain(tuple(filter(None, links)), root, _crashed([top]), failures, language=told_by)
