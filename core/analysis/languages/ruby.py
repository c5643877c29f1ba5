"""Ruby: blocks belong to their method, compiled templates lose their addresses."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name, stable

_BLOCK = re.compile(r"^(?:(?:block|rescue|ensure)(?: \(\d+ levels\))? in )+")
_TEMPLATE = re.compile(r"_{2,3}\d+_\d+$")
_FOREIGN = ("/gems/", "/ruby/", "<internal:", "/usr/lib/ruby", "/vendor/bundle/")
_FIRST = re.compile(
    r"^(\S[^:\n]{0,300}):\d+:in [`'\"]([^'\"\n]{1,200})['\"]: (.*) \(([\w:]{1,200})\)$"
)
_FRAME = re.compile(
    r"^[ \t]{0,40}(?:from |\d+: from )?(\S[^:\n]{0,300}):\d+:in [`'\"]([^'\"\n]{1,200})['\"]$"
)


def label(frame: Frame) -> str:
    function = _TEMPLATE.sub("", _BLOCK.sub("", frame.function))
    # Ruby 3.4 puts the class in front; older ones do not.
    function = function.rpartition("#")[2].rpartition(".")[2]
    return joined(file_name(frame.file) or stable(frame.module), function)


def own(frame: Frame) -> bool:
    return not any(mark in frame.file for mark in _FOREIGN)


def parse(trace: str) -> list[Failure]:
    """Each exception starts with its first frame; causes follow what they caused."""
    found: list[tuple[str, str, list[Frame]]] = []
    for line in trace.splitlines():
        first = _FIRST.match(line)
        if first:
            found.append((first[4], first[3], [Frame("", first[1], first[2])]))
        elif found and (frame := _FRAME.match(line)):
            found[-1][2].append(Frame("", frame[1], frame[2]))
    return [
        Failure(type=name, value=value, frames=tuple(reversed(frames)))
        for name, value, frames in reversed(found)
    ]


LANGUAGE = Language(
    name="ruby",
    platforms=frozenset({"ruby", "crystal"}),
    suffixes=(".rb", ".erb", ".cr"),
    label=label,
    own=own,
    parse=parse,
)
