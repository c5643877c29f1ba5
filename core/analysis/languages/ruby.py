"""Ruby: blocks belong to their method, compiled templates lose their addresses."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name, stable

_BLOCK = re.compile(r"^(?:(?:block|rescue|ensure)(?: \(\d+ levels\))? in )+")
_TEMPLATE = re.compile(r"_{2,3}\d+_\d+$")
_FOREIGN = ("/gems/", "/lib/ruby/", "/rubies/", "<internal:", "/usr/lib/ruby", "/vendor/bundle/")
_PLACE = (
    r"((?:[A-Za-z]:)?[^:\s(][^:\n]{0,300}|\((?:erb|eval|irb|pry)[^)\n]{0,300}\)"
    r"|<internal:[^>\n]{1,80}>):\d+"
)
_FIRST = re.compile(rf"^{_PLACE}:in [`'\"]([^'\"\n]{{1,200}})['\"]: (.*) \(([\w:]{{1,200}})\)$")
_FRAME = re.compile(
    rf"^[ \t]{{0,40}}(?:from |\d+: from )?{_PLACE}:in [`'\"]([^'\"\n]{{1,200}})['\"]$"
)
_HEAD = re.compile(
    r"^([A-Z]\w{0,100}(?:::\w{1,100}){0,9})(?: \((.{0,1000}?)\)| - (.{0,1000}?)|: (.{0,1000}?)):?$"
)


def label(frame: Frame) -> str:
    function = _TEMPLATE.sub("", _BLOCK.sub("", frame.function))
    # Ruby 3.4 puts the class in front; older ones do not.
    function = function.rpartition("#")[2].rpartition(".")[2]
    return joined(file_name(frame.file) or stable(frame.module), function)


def own(frame: Frame) -> bool:
    path = frame.path or frame.file
    return not any(mark in path for mark in _FOREIGN)


def parse(trace: str) -> list[Failure]:
    """Each exception starts with its first frame; causes follow what they caused. Without such a
    frame, all of them belong to what a log says in front.
    """
    found: list[tuple[str, str, list[Frame]]] = []
    loose: list[Frame] = []
    for line in trace.splitlines():
        if first := _FIRST.match(line):
            found.append((first[4], first[3], [Frame("", first[1], first[2])]))
        elif frame := _FRAME.match(line):
            (found[-1][2] if found else loose).append(Frame("", frame[1], frame[2]))
    if not found:
        return _headed(trace, loose)
    # Ruby 2.5 to 2.7 printed the calls in front, outermost first.
    found[0][2].extend(reversed(loose))
    return [
        Failure(type=name, value=value, frames=tuple(reversed(frames)))
        for name, value, frames in reversed(found)
    ]


def _headed(trace: str, frames: list[Frame]) -> list[Failure]:
    if not frames:
        return []
    heads = filter(None, map(_HEAD.match, map(str.strip, trace.splitlines()[:5])))
    head = next(heads, None)
    kind, value = (head[1], head[2] or head[3] or head[4] or "") if head else ("", "")
    return [Failure(type=kind, value=value, frames=tuple(reversed(frames)))]


LANGUAGE = Language(
    name="ruby",
    platforms=frozenset({"ruby", "crystal"}),
    suffixes=(".rb", ".erb", ".cr"),
    label=label,
    own=own,
    parse=parse,
)
