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
# A program is entered, and its calls are handed on, in ways that say nothing of a defect.
_WAYS_IN = frozenset({
    "main", "wmain", "_main", "WinMain", "wWinMain", "android_main", "operator()",
    "execute_native_thread_routine", "thread_proxy", "uv_run", "event_base_loop", "ev_run",
    "g_main_loop_run", "g_main_context_iteration", "g_main_context_dispatch", "gtk_main",
    "QCoreApplication::exec", "QThreadPrivate::start", "DispatchMessageW", "CallWindowProcW",
})  # fmt: skip
_RUN_BY = ("art_quick_", "art::", "_JNIEnv::Call")
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
    name = symbol(frame.function)
    rank = machinery(name, frame.file, frame.package)
    return max(rank, 1) if name in _WAYS_IN or name.startswith(_RUN_BY) else rank


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
