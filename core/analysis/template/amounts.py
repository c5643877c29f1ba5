"""What is counted in units: spans of time, amounts of data."""

from core.analysis.template.mask import Lead, Mask

# A sign belongs to a number where a number may start, and not to a range or a name.
SIGN = r"(?<![\w)\]>])[+-]"
_END = r"(?![A-Za-z0-9])"
_TIMES = (
    r"(?:milliseconds?|microseconds?|nanoseconds?|seconds?|minutes?|hours?|days?|weeks?|months?"
    r"|years?|msecs?|usecs?|nsecs?|secs?|mins?|hrs?|ns|us|µs|μs|ms|s|h)"
)
_SIZES = (
    r"(?:[KMGTPEk]?i?B|[Bb]ytes?|[KMGTkmgt]i?[Bb](?:ytes?|its?|ps)?|(?:[Kk]ilo|[Mm]ega|[Gg]iga|[Tt]era)bytes?"
    r"|[KMGTP]o|[KMGTPE]i|bits?|[KMG]bps)"
)
_FRACTION = r"\d{1,40}(?:[.,]\d{1,20})?(?:[eE][+-]?\d{1,4})?"
_UNIT = rf"(?:ns|us|µs|μs|ms|[smh]|(?<!\d{{4}})d|[ -]?{_TIMES})"
_SPAN = (
    rf"{_FRACTION}{_UNIT}(?![A-Za-z])"
    rf"(?:(?:,? (?:and )?)?{_FRACTION}{_UNIT}(?![A-Za-z])){{0,6}}{_END}"
)
_AMOUNT = rf"\d{{1,40}}(?:[.,]\d{{1,40}}){{0,8}}(?:\.(?= ))?[ -]?{_SIZES}(?![\w])"
_CLOCK = r"\d{1,2}:\d{2}:\d{2}(?:\.\d{1,9})?"

MASKS = (
    Mask("duration", Lead.LETTER, r"P(?=\d|T\d)(?:\d{1,9}(?:[.,]\d{1,9})?[YMWDHS]|T){1,8}(?!\w)"),
    Mask("duration", Lead.DIGIT, rf"\d{{1,9}} days?,? {_CLOCK}(?![\w:])"),
    Mask(
        "duration",
        Lead.DIGIT,
        rf"{_SPAN}|(?=\d{{1,9}}[wdhm]\d)(?:\d{{1,9}}w)?(?:\d{{1,9}}d)?(?:\d{{1,9}}h)?(?:\d{{1,9}}m)?"
        rf"(?:{_FRACTION}(?:s|ms|us|µs|μs|ns))?{_END}",
    ),
    Mask("size", Lead.DIGIT, _AMOUNT),
    Mask("duration", Lead.SIGN, rf"{SIGN}(?=\d)(?:{_SPAN})"),
    Mask("size", Lead.SIGN, rf"{SIGN}(?=\d)(?:{_AMOUNT})"),
)
