"""Java, Kotlin, Scala and other languages of the JVM and Android: generated names made stable."""

import re
from collections.abc import Iterator
from typing import NamedTuple

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, bare_type, joined
from core.analysis.place import stable

_GENERATED = re.compile(
    r"-?\$\$(?:EnhancerBy|FastClassBy|SpringCGLIB|Lambda|_javassist|_Enhancer|ExternalSynthetic)\S*"
    r"|\$ByteBuddy\$\w*|\$(?:Hibernate|Mockito|jdk)(?:Proxy|Mock)?\$\w*|\$MockitoMock\$\w*|\$\$\d+"
    r"|(?<=Proxy)\d+|(?<=Accessor)\d+|_\$\$_\w+|\$Proxy\$_\w*"
)
_NUMBERED = re.compile(
    r"\$[0-9a-f]{6,8}(?=\$\d)|\$\d+(?=$|\$|\.)|(?<=lambda\$)\d+|(?<=lambda)-\d+|(?<=\$)\d+$"
    r"|/0x[0-9a-f]+"
    r"|\$\d+(?=@)|__\d+(?=$|\$|\.)|(?<=\$eval)\d+|(?<=_closure)\d+|(?<=^Script)\d+"
)
_REFLECTION = (
    "sun.reflect.", "jdk.internal.reflect.", "java.lang.reflect.Method",
    "java.lang.reflect.Constructor",
    "java.lang.invoke.", "jdk.proxy", "com.sun.proxy.",
)  # fmt: skip
_FOREIGN = (
    "java.", "javax.", "jakarta.", "jdk.", "sun.", "com.sun.", "android.", "androidx.",
    "dalvik.", "libcore.",
    "kotlin.", "kotlinx.", "scala.", "groovy.", "org.codehaus.groovy.", "org.springframework.",
    "org.apache.",
    "org.hibernate.", "org.eclipse.jetty.", "io.netty.", "reactor.", "io.reactivex.", "rx.",
    "org.junit.",
    "com.google.", "com.android.", "com.fasterxml.", "com.zaxxer.", "io.undertow.", "feign.",
    "okhttp3.", "retrofit2.",
)  # fmt: skip
_STARTERS = (
    "java.lang.Thread", "java.util.concurrent.", "com.android.internal.os.", "android.os.Looper",
    "android.os.Handler", "android.app.ActivityThread", "kotlin.coroutines.", "kotlinx.coroutines.",
    "kotlin.jvm.internal.", "org.junit.", "java.util.stream.", "com.code_intelligence.jazzer.",
)  # fmt: skip
_FRAME = re.compile(
    r"^\s{0,40}at (?:[\w.-]{1,80}(?:@[\w.-]{1,40})?/{1,2})?([\w.$<>/-]{1,400})\.([\w$<>-]{1,200})"
    r"\((Native [Mm]ethod|Unknown Source|[^()\s,]{1,200})\)"
)
_HEAD = re.compile(
    r"^\s{0,40}(?:Exception in thread \"[^\"\n]{0,200}\" |(Caused by: |Wrapped by: )"
    r"|\[[^\]\n]{0,200}\] )?"
    r"([a-zA-Z_][\w$]{0,100}(?:\.[\w$]{1,100}){1,20})(?:: (.*))?$"
)
# A type without a package, or behind what a log puts in front.
_LOOSE_HEAD = re.compile(
    r"(?:^|[\s\"])([a-z][\w$]{0,100}(?:\.[\w$]{1,100}){1,20}|[A-Z]\w{0,100}(?:Exception|Error"
    r"|Throwable))"
    r"(?:: (.*))?$"
)
_MORE = re.compile(r"^\s{0,40}\.\.\. (\d{1,4}) (?:more|common frames omitted|shared)")
_SUPPRESSED = re.compile(r"^(\s{1,40})Suppressed: ")


def label(frame: Frame) -> str:
    if frame.module.startswith(_REFLECTION):
        return ""
    module = _NUMBERED.sub("$", _GENERATED.sub("$", frame.module))
    return joined(module or stable(frame.file), _NUMBERED.sub("", frame.function))


def own(frame: Frame) -> bool:
    return bool(frame.module) and not frame.module.startswith(_FOREIGN)


def noise(frame: Frame) -> int:
    if frame.function == "fuzzerTestOneInput":
        return 3
    return 2 * frame.module.startswith(_STARTERS)


class _Thrown(NamedTuple):
    """One exception of a trace; frames from the innermost outwards, as they are printed."""

    name: str
    value: str
    frames: list[Frame]


def parse(trace: str) -> list[Failure]:
    """The first exception surfaced last; each `Caused by` below it happened before."""
    lines = list(_without_suppressed(trace.splitlines()))
    found: list[_Thrown] = []
    for line, before in zip(lines, ["", *lines], strict=False):
        if frame := _FRAME.match(line):
            if not found and (loose := _LOOSE_HEAD.search(before)):
                found.append(_Thrown(loose[1], loose[2] or "", []))
            if found:
                found[-1].frames.append(Frame(frame[1], frame[3].partition(":")[0], frame[2]))
        elif (head := _HEAD.match(line)) and (head[1] or not found):
            found.append(_Thrown(head[2], head[3] or "", []))
        elif len(found) > 1 and (more := _MORE.match(line)):
            found[-1].frames.extend(found[-2].frames[-int(more[1]) :])
    if not any(thrown.frames for thrown in found):
        return []
    # Some loggers print the root cause first.
    in_order = found if "Wrapped by: " in trace else found[::-1]
    return [_failure(thrown) for thrown in in_order]


def _without_suppressed(lines: list[str]) -> Iterator[str]:
    """What failed while closing is beside the point; it is indented further than what failed."""
    hidden = -1
    for line in lines:
        indent = len(line) - len(line.lstrip())
        if 0 <= hidden < indent:
            continue
        suppressed = _SUPPRESSED.match(line)
        hidden = len(suppressed[1]) if suppressed else -1
        if not suppressed:
            yield line


def _failure(thrown: _Thrown) -> Failure:
    module, _, short = thrown.name.rpartition(".")
    frames = tuple(reversed(thrown.frames))
    return Failure(type=short, module=module, value=thrown.value, frames=frames)


LANGUAGE = Language(
    name="java",
    platforms=frozenset({"java", "kotlin", "android", "scala", "groovy", "clojure"}),
    suffixes=(".java", ".kt", ".scala", ".groovy"),
    label=label,
    own=own,
    parse=parse,
    noise=noise,
    said=bare_type,
)
