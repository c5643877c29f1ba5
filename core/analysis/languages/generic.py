"""Any language that has no file of its own: module or file, and the function as it came."""

from core.analysis.event import Frame
from core.analysis.language import Language, joined
from core.analysis.place import file_name, stable


def label(frame: Frame) -> str:
    return joined(stable(frame.module) if frame.module else file_name(frame.file), frame.function)


def own(frame: Frame) -> bool:
    return not any(mark in frame.file for mark in ("/deps/", "/lib/", "/vendor/", "/usr/"))


LANGUAGE = Language(
    name="generic",
    platforms=frozenset(),
    suffixes=(),
    label=label,
    own=own,
)
