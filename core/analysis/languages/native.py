"""C, C++, Swift and Objective-C: frames are known by their bare symbols, or by their library."""

from core.analysis.crashes import parse
from core.analysis.event import Frame
from core.analysis.language import Language
from core.analysis.place import stable
from core.analysis.symbol import machinery, symbol

_SYSTEM = (
    "/usr/lib", "/lib/", "/lib64/", "/system/", "/apex/", "/vendor/", "c:/windows", "linux-gate",
    "/library/frameworks", "libsystem_", "libobjc", "libdispatch", "libc++", "libstdc++",
    "corefoundation", "uikit", "foundation", "graphicsservices", "quartzcore", "libswift",
)  # fmt: skip
_RUNTIME = ("std::", "__", "boost::", "_pthread", "pthread_")
# What lies further out differs with every way that leads to the same defect.
_TELLING_DEPTH = 5


def label(frame: Frame) -> str:
    name = symbol(frame.function)
    if name:
        return name
    if frame.file and not frame.package and not frame.function:
        return stable(frame.file.replace("\\", "/").rpartition("/")[2])
    package = frame.package.replace("\\", "/").rpartition("/")[2]
    return "" if package == "stripped_application_code" else stable(package)


def own(frame: Frame) -> bool:
    package = frame.package.replace("\\", "/").lower()
    if any(mark in package for mark in _SYSTEM):
        return False
    return bool(symbol(frame.function)) and not frame.function.startswith(_RUNTIME)


def noise(frame: Frame) -> int:
    return machinery(symbol(frame.function), frame.file, frame.package)


LANGUAGE = Language(
    name="native",
    platforms=frozenset({"native", "cocoa", "c", "cpp", "swift", "objc", "objective-c"}),
    suffixes=(".c", ".cc", ".cpp", ".cxx", ".h", ".hpp", ".m", ".mm", ".swift"),
    label=label,
    own=own,
    parse=parse,
    noise=noise,
    depth=_TELLING_DEPTH,
)
