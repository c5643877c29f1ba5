"""What is counted in units: spans of time, amounts of data; and versions."""

from core.analysis.template.mask import Lead, Mask

_END = r"(?![A-Za-z0-9])"
_TIMES = (
    r"(?:milliseconds?|microseconds?|nanoseconds?|seconds?|minutes?|hours?|days?|weeks?|months?"
    r"|years?|msecs?|usecs?|nsecs?|secs?|mins?|hrs?|ns|us|µs|μs|ms|s|h)"
)
_SIZES = (
    r"(?:[KMGTPEk]?i?B|[Bb]ytes?|[KMGTkmgt]i?[Bb](?:ytes?|its?|ps)?|(?:[Kk]ilo|[Mm]ega|[Gg]iga|[Tt]era)bytes?"
    r"|[KMGTPE]i|bits?|[KMG]bps)"
)
_FRACTION = r"\d{1,40}(?:[.,]\d{1,20})?(?:[eE][+-]?\d{1,4})?"
_UNIT = rf"(?:ns|us|µs|μs|ms|[smh]|(?<!\d{{4}})d|[ -]?{_TIMES})"
_CLOCK = r"\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?"

MASKS = (
    Mask(
        "version",
        Lead.LETTER,
        r"[vV]\d{1,9}\.\d{1,9}(?:\.\d{1,9})?(?:[.+-][0-9A-Za-z]{1,40}){0,8}(?![\w.]\d|\w)",
    ),
    Mask("duration", Lead.LETTER, r"P(?=\d|T\d)(?:\d{1,9}(?:[.,]\d{1,9})?[YMWDHS]|T){1,8}(?!\w)"),
    Mask(
        "version",
        Lead.DIGIT,
        r"\d{1,9}\.\d{1,9}\.\d{1,9}(?:[.+-][0-9A-Za-z]{1,40}){0,8}(?![\w.]\d|\w)",
    ),
    Mask("duration", Lead.DIGIT, rf"\d{{1,9}} days?,? {_CLOCK}(?![\w:])"),
    Mask(
        "duration",
        Lead.DIGIT,
        rf"{_FRACTION}{_UNIT}(?![A-Za-z])"
        rf"(?:(?:,? (?:and )?)?{_FRACTION}{_UNIT}(?![A-Za-z])){{0,6}}{_END}"
        r"|(?=\d{1,9}[wdhm]\d)(?:\d{1,9}w)?(?:\d{1,9}d)?(?:\d{1,9}h)?(?:\d{1,9}m)?"
        rf"(?:{_FRACTION}(?:s|ms|us|µs|μs|ns))?{_END}",
    ),
    Mask("size", Lead.DIGIT, rf"\d{{1,40}}(?:[.,]\d{{1,40}}){{0,8}}[ -]?{_SIZES}(?![\w])"),
)
