"""PowerShell: `ScriptStackTrace` and the position message of an error record."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name

_FRAME = re.compile(r"^[ \t]{0,40}at ([^,\n]{1,200}), ([^\n]{1,500}?): line \d+\s*$", re.MULTILINE)
_POSITION = re.compile(r"^At (?:([^\n]{1,500}?):\d+|line:\d+) char:\d+", re.MULTILINE)
# As PowerShell 7 puts it: `Get-Item: /srv/job.ps1:12:3`, then the line between bars.
_CONCISE = re.compile(
    r"^([\w.:-]{1,100}): ([^\n]{1,500}?\.psm?1):\d+(?::\d+)?\s*\nLine \|[^\n]*\n((?:[^\n"
    r"|]{0,20}\|[^\n]*\n?){1,20})",
    re.MULTILINE,
)
_CATEGORY = re.compile(
    r"CategoryInfo\s*:\s*(\w+): \((.{0,300}?)\) \[([^\]\n]{0,200})\], (\w[\w.]{0,200})"
)
_IDENTIFIER = re.compile(r"FullyQualifiedErrorId\s*:\s*([\w.,+-]{1,300})")


def label(frame: Frame) -> str:
    file = "" if frame.file.lower() == "<no file>" else file_name(frame.file)
    return joined(file, frame.function) if file or frame.function != "<ScriptBlock>" else ""


def own(frame: Frame) -> bool:
    return "\\modules\\" not in frame.file.lower() and "/modules/" not in frame.file.lower()


def parse(trace: str) -> list[Failure]:
    frames = [Frame("", match[2], match[1]) for match in _FRAME.finditer(trace)]
    concise = None if frames else _CONCISE.search(trace)
    if concise:
        said = concise[3].rstrip().rpartition("|")[2].strip()
        return [Failure(value=said, frames=(Frame("", concise[2], concise[1]),))]
    category = _CATEGORY.search(trace)
    position = _POSITION.search(trace)
    if not frames and not (category and position):
        return []
    if not frames and position and category:
        frames = [Frame("", position[1] or "", category[3])]
    return [
        Failure(
            type=category[4] if category else "",
            value=_said(trace),
            frames=tuple(reversed(frames)),
            code=_identifier(trace),
        )
    ]


def _said(trace: str) -> str:
    """What stands in front of the position: `command : message`, over as many lines as it takes."""
    head = re.split(r"^(?:At |\s*at |\s*\+ )", trace, maxsplit=1, flags=re.MULTILINE)[0]
    return " ".join(head.split())


def _identifier(trace: str) -> str:
    found = _IDENTIFIER.search(trace)
    return found[1].partition(",")[0] if found else ""


LANGUAGE = Language(
    name="powershell",
    platforms=frozenset({"powershell"}),
    suffixes=(".ps1", ".psm1"),
    label=label,
    own=own,
    parse=parse,
)
