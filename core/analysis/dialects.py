"""The same failure in the words of every JavaScript engine, put into one wording.

Each sentence keeps the name it is about, where all engines tell it.
"""

import re
from collections.abc import Callable

_PREFIX = re.compile(r"^(?:Uncaught \(in promise\):? |Uncaught |Unhandled promise rejection:? )")
_TYPED = re.compile(r"^([A-Z]\w{0,60}(?:Error|Exception)): (?=\S)")
_NAME = r"[\w$#]{1,200}"
_EXPRESSION = r"[^\n]{1,500}?"

_NULLISH = re.compile(
    rf"^Cannot (?:read|set) propert(?:y|ies) (?:of|'({_NAME})' of|{_NAME} of)? ?(?:undefined|null)"
    rf"(?: \((?:reading|setting) '({_NAME})'\))?"
    rf"|^Cannot call method '({_NAME})' of (?:undefined|null)"
    rf"|^'?(?:undefined|null)'? is not an object \(evaluating '({_EXPRESSION})'\)"
    rf"|^can't access property \"?({_NAME})\"?(?:,| of)"
    rf"|^Unable to (?:get|set) (?:value of the )?property '({_NAME})'(?: of undefined or null"
    rf"|: object is null)"
    rf"|^'({_NAME})' is null or not an object"
)
_NO_FUNCTION = re.compile(
    rf"^'?(?:undefined|null)'? is not a function \(evaluating '({_EXPRESSION})'\)"
    rf"|^({_EXPRESSION}) is not a function(?=$|\.? ?\(In )"
    rf"|^Object (?:[^\n]{{1,100}} )?has no method '({_NAME})'"
    rf"|^Object doesn't support (?:this )?property or method '({_NAME})'"
    rf"|^Property '({_NAME})' of object [^\n]{{1,100}} is not a function"
)
_UNDEFINED = re.compile(
    rf"^({_NAME}) is not defined|^Can't find variable: ({_NAME})|^'({_NAME})' is (?:undefined"
    rf"|not defined)$"
    rf"|^Property '({_NAME})' doesn't exist"
)
_NO_CONSTRUCTOR = re.compile(rf"^({_EXPRESSION}) is not a constructor")
_TOO_EARLY = re.compile(
    r"^Cannot access '[\w$]+' before initialization|^can't access lexical declaration"
    r"|^Cannot access uninitialized variable"
)
_RECURSION = re.compile(
    r"^Maximum call stack size exceeded|^too much recursion|^Out of stack space|^Stack overflow"
)
_FIXED: tuple[tuple[re.Pattern[str], str], ...] = (
    (_TOO_EARLY, "access before initialization"),
    (_RECURSION, "too much recursion"),
    (
        re.compile(
            r"^(?:Assignment to constant variable|invalid assignment to const"
            r"|Attempted to assign to readonly property|Assignment to const)"
        ),
        "assignment to constant",
    ),
    (
        re.compile(r"^(?:[Ii]nvalid array length|Array size is not a small|Array length must be)"),
        "invalid array length",
    ),
    (
        re.compile(
            r"^(?:Failed to fetch$|NetworkError when attempting to fetch|Load failed$"
            r"|Network request failed"
            r"|The network connection was lost|The Internet connection appears to be offline"
            r"|Type error$|cancelled$)"
        ),
        "fetch failed",
    ),
    (
        re.compile(
            r"^(?:Failed to fetch dynamically imported module"
            r"|error loading dynamically imported module"
            r"|Importing a module script failed|Unable to preload CSS)"
        ),
        "loading a module failed",
    ),
    (
        re.compile(r"^(?:ChunkLoadError: )?Loading (?:CSS )?chunk \S{1,100} failed"),
        "loading a chunk failed",
    ),
    (
        re.compile(
            r"^(?:JSON\.parse: |JSON Parse error: |Unexpected token .{1,60} in JSON at"
            r"|Unexpected end of JSON input|Unexpected non-whitespace character after JSON"
            r"|.{0,200} is not valid JSON$|Invalid character$)"
        ),
        "invalid JSON",
    ),
    (
        re.compile(
            r"^(?:Converting circular structure to JSON|cyclic object value"
            r"|JSON\.stringify cannot serialize cyclic"
            r"|Circular reference in value argument)"
        ),
        "circular structure in JSON",
    ),
    (
        re.compile(r"^(?:URI malformed|malformed URI sequence|URI error|The URI to be decoded)"),
        "malformed URI",
    ),
    (re.compile(r"^ResizeObserver loop "), "ResizeObserver loop"),
    (re.compile(r"^Script error\.?$"), "Script error."),
    (
        re.compile(
            r"^(?:Cannot convert undefined or null to object|can't convert (?:undefined"
            r"|null) to object)"
        ),
        "cannot convert to object",
    ),
    (
        re.compile(
            r"^(?:The user aborted a request|The operation was aborted|signal is aborted"
            r"|Fetch is aborted"
            r"|The request was aborted|Request aborted)"
        ),
        "aborted",
    ),
    (
        re.compile(
            r"^(?:Cannot use 'in' operator|right-hand side of 'in' should be"
            r"|[^\n]{1,100} is not an Object\. \(evaluating )"
        ),
        "'in' needs an object",
    ),
    (
        re.compile(
            r"^(?:Blocked a frame with origin|Permission denied to access property"
            r"|SecurityError \(DOM)"
        ),
        "cross-origin access",
    ),
    (
        re.compile(
            r"^(?:Setting the value of '[^'\n]{1,100}' exceeded the quota"
            r"|The quota has been exceeded|Persistent storage maximum size reached"
            r"|QuotaExceededError|Failed to execute 'setItem' on 'Storage')"
        ),
        "storage quota exceeded",
    ),
)
_TYPES = {
    "too much recursion": "RangeError",
    "storage quota exceeded": "QuotaExceededError",
    "access before initialization": "ReferenceError",
}
_ABOUT: tuple[tuple[re.Pattern[str], Callable[[str], str]], ...] = (
    (_NULLISH, lambda name: f"{name} of nothing"),
    (_UNDEFINED, lambda name: f"{name} is not defined"),
    (_NO_FUNCTION, lambda name: f"{name} is not a function"),
    (_NO_CONSTRUCTOR, lambda name: f"{name} is not a constructor"),
)
_CALL = re.compile(r"\([^()]{0,200}\)")


def said(kind: str, value: str) -> tuple[str, str]:
    """Type and message as every engine would have said them; unknown sentences stay."""
    kind, value = _PREFIX.sub("", kind), _PREFIX.sub("", value)
    typed = _TYPED.match(value)
    if typed and kind in ("", "Error", typed[1]):
        kind, value = typed[1], value[typed.end() :]
    for pattern, sentence in _FIXED:
        if pattern.match(value):
            return _TYPES.get(sentence, kind), sentence
    for pattern, about in _ABOUT:
        if (found := pattern.match(value)) and (name := _last(found)):
            return kind, about(name)
    return kind, value


def _last(found: re.Match[str]) -> str:
    """The last property of the expression that the engine quotes."""
    expression = next(filter(None, found.groups()), "")
    expression = _CALL.sub("", _CALL.sub("", expression)).partition(" = ")[0].strip()
    return expression.rpartition(".")[2].rpartition(" ")[2]
