"""The exceptions of an event as what they were: causes in a row, or a group and its members."""

from collections.abc import Iterator
from typing import NamedTuple

from core.analysis.event import ErrorEvent, Failure, Frame
from core.analysis.language import Language
from core.analysis.languages import printed
from core.analysis.stack import EMPTY, Stack, reduced
from core.analysis.template import headline, normalise

Link = tuple[tuple[str, str], ...]

# Types that clients put where they know none.
_VAGUE = frozenset({"", "Error", "Exception"})


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


def told(event: ErrorEvent) -> Chain:
    language, failures = _unprinted(event)
    if not failures:
        stack = reduced(event.frames, event.platform)
        return Chain((), None, stack.crashed, loose=stack.labels)
    members = _members(failures)
    if members:
        return _grouped(members, failures, event.platform)
    stacks = [reduced(failure.frames, event.platform, language) for failure in failures]
    links = _distinct(
        _link(failure, stack) for failure, stack in zip(failures, stacks, strict=True)
    )
    spoken = language.name if language else ""
    return Chain(tuple(links), failures[-1], _crashed(stacks), failures, language=spoken)


def _unprinted(event: ErrorEvent) -> tuple[Language | None, tuple[Failure, ...]]:
    """The failures, with those that came as printed text taken apart."""
    given = event.failures
    if not given:
        language, found = printed(event.message) if "\n" in event.message else (None, [])
        return language, tuple(found)
    last = given[-1]
    text = last.trace or (last.value if not last.frames and "\n" in last.value else "")
    language, found = printed(text) if text else (None, [])
    if not found:
        return None, given
    # What the client said in fields of their own is surer than what a print shows.
    outer = found[-1]
    said = last.value if last.trace else outer.value
    kind = outer.type if last.type in _VAGUE else last.type
    found[-1] = outer._replace(type=kind or last.type, value=said or outer.value)
    return language, (*given[:-1], *found)


def _link(failure: Failure, stack: Stack) -> Link:
    kind = () if failure.synthetic or not failure.type else (("type", failure.type),)
    if stack.labels:
        return (*kind, *(("frame", label) for label in stack.labels))
    said = normalise(headline(failure.value))
    kind = kind or ((("type", failure.type),) if failure.type else ())
    return (*kind, ("value", said)) if said else kind


def _distinct(links: Iterator[Link]) -> Iterator[Link]:
    """Without the repeats that a retrying loop leaves in a chain."""
    last: Link = ()
    for link in links:
        if link and link != last:
            yield link
        last = link


def _crashed(stacks: list[Stack]) -> Frame | None:
    """The frame to show: of the exception that surfaced, where it has one of the application's."""
    for stack in reversed(stacks):
        if stack.own:
            return stack.crashed
    return next((stack.crashed for stack in reversed(stacks) if stack.crashed), None)


def _members(failures: tuple[Failure, ...]) -> list[list[Failure]]:
    """The members of an exception group, each with its causes in front; empty if it is no group."""
    root = failures[-1]
    if not root.group or root.id is None:
        return []
    below: dict[int, list[Failure]] = {}
    for failure in failures[:-1]:
        if failure.parent is not None:
            below.setdefault(failure.parent, []).append(failure)
    members: list[list[Failure]] = []
    waiting, seen = list(below.get(root.id, ())), set()
    while waiting:
        failure = waiting.pop()
        if failure.id in seen:
            continue
        seen.add(failure.id)
        if failure.group:
            waiting.extend(below.get(failure.id, ()) if failure.id is not None else ())
        else:
            members.append([*_causes(failure, below), failure])
    return members


def _causes(failure: Failure, below: dict[int, list[Failure]]) -> list[Failure]:
    """Everything below a member, deepest first."""
    found: list[Failure] = []
    waiting = [failure]
    while waiting and len(found) < len(below):
        children = below.get(waiting.pop().id or -1, [])
        found += children
        waiting += children
    return found[::-1]


def _grouped(members: list[list[Failure]], failures: tuple[Failure, ...], platform: str) -> Chain:
    """Members that are the same failure count once, in any order; a single one stands for its
    group.
    """
    root = failures[-1]
    ways: dict[tuple[Link, ...], tuple[Failure, Frame | None]] = {}
    for member in members:
        stacks = [reduced(failure.frames, platform) for failure in member]
        links = tuple(
            _distinct(_link(failure, stack) for failure, stack in zip(member, stacks, strict=True))
        )
        ways.setdefault(links, (member[-1], _crashed(stacks)))
    if len(ways) == 1:
        links, (main, crashed) = next(iter(ways.items()))
        top = reduced(root.frames, platform)
        return Chain(links, main, crashed or top.crashed, tuple(members[0]))
    top = reduced(root.frames, platform) if root.frames else EMPTY
    links = (_link(root, top), *(link for way in sorted(ways) for link in way))
    return Chain(tuple(link for link in links if link), root, _crashed([top]), failures)
