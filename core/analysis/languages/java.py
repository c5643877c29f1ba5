"""Java, Kotlin, Scala and other languages of the JVM and Android: generated names made stable."""

import re

from core.analysis.event import Failure, Frame
from core.analysis.language import Language, joined
from core.analysis.place import stable

_GENERATED = re.compile(
    r"\$\$(?:EnhancerBy|FastClassBy|SpringCGLIB|Lambda|_javassist|_Enhancer)\S*|\$ByteBuddy\$\w*"
    r"|\$HibernateProxy\$\w*|\$\$\d+|(?<=Proxy)\d+|(?<=Accessor)\d+|_\$\$_\w+"
)
_NUMBERED = re.compile(r"\$\d+(?=$|\$|\.)|(?<=lambda\$)\d+|(?<=\$)\d+$|/0x[0-9a-f]+|\$\d+(?=@)")
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
_FRAME = re.compile(
    r"^\s{0,20}at (?:[\w.-]{1,80}(?:@[\w.-]{1,40})?/{1,2})?([\w.$<>/-]{1,400})\.([\w$<>-]{1,200})"
    r"\((Native Method|Unknown Source|[^()\s,]{1,200})\)"
)
_HEAD = re.compile(
    r"^\s{0,20}(?:Exception in thread \"[^\"\n]{0,200}\" |(Caused by: |Wrapped by: )"
    r"|\[[^\]\n]{0,200}\] )?"
    r"([a-zA-Z_][\w$]{0,100}(?:\.[\w$]{1,100}){1,20})(?:: (.*))?$"
)


def label(frame: Frame) -> str:
    if frame.module.startswith(_REFLECTION):
        return ""
    module = _NUMBERED.sub("$", _GENERATED.sub("$", frame.module))
    return joined(module or stable(frame.file), _NUMBERED.sub("", frame.function))


def own(frame: Frame) -> bool:
    return bool(frame.module) and not frame.module.startswith(_FOREIGN)


def parse(trace: str) -> list[Failure]:
    """The first exception surfaced last; each `Caused by` below it happened before."""
    found: list[tuple[str, str, list[Frame]]] = []
    for line in trace.splitlines():
        frame = _FRAME.match(line)
        if frame and found:
            file = frame[3].partition(":")[0]
            found[-1][2].append(Frame(frame[1], file, frame[2]))
        elif (head := _HEAD.match(line)) and (head[1] or not found):
            found.append((head[2], head[3] or "", []))
    if not any(frames for _, _, frames in found):
        return []
    return [_failure(name, value, frames) for name, value, frames in reversed(found)]


def _failure(name: str, value: str, frames: list[Frame]) -> Failure:
    module, _, short = name.rpartition(".")
    return Failure(type=short, module=module, value=value, frames=tuple(reversed(frames)))


LANGUAGE = Language(
    name="java",
    platforms=frozenset({"java", "kotlin", "android", "scala", "groovy", "clojure"}),
    suffixes=(".java", ".kt", ".scala", ".groovy"),
    label=label,
    own=own,
    parse=parse,
)
