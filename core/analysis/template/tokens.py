"""Texts that look drawn at random: keys, tokens, short ids, base64."""

from core.analysis.template.mask import Lead, Mask

_END = r"(?![A-Za-z0-9])"
_BASE64 = (
    r"(?=[A-Za-z0-9+/]{20})(?=[A-Za-z+/]{0,60}\d)(?=[^A-Z\s]{0,60}[A-Z])(?=[^a-z\s]{0,60}[a-z])"
    r"(?:(?=(?:[A-Za-z+/]{0,40}\d){3})|(?=[A-Za-z0-9+]{0,2000}={1,2}(?!\w)))"
    r"[A-Za-z0-9+/]{20,2000}={0,2}(?![\w+/])"
)
# Letters and digits that change back and forth at least three times.
_MIXED = (
    r"(?=[0-9A-Za-z]{6,200}(?![0-9A-Za-z]))"
    r"(?:(?=[A-Za-z]{1,100}\d{1,100}[A-Za-z]{1,100}\d)|(?=\d{1,100}[A-Za-z]{1,100}\d{1,100}[A-Za-z]))"
    r"[0-9A-Za-z]{6,200}"
)
# A change of case that no name of several words has.
_UNLIKE_WORDS = r"(?:[A-Z\d][a-z][A-Z\d]|[A-Z]{2}[a-z]{1,2}[A-Z\d])"
# Sixteen and more characters with a digit here and there, not a word with a number at its end.
_LONG = (
    r"(?=[0-9A-Za-z]{16})(?=(?:[A-Za-z]{0,40}\d){3})(?=\d{0,30}[A-Za-z])(?![A-Za-z]{1,100}\d{1,100}(?![0-9A-Za-z]))"
    r"[0-9A-Za-z]{16,400}"
)
_URLSAFE = (
    r"(?=[\w-]{20})(?=[A-Za-z_-]{0,60}\d[\w-]{0,60}?[A-Za-z_-]\d)(?=[^A-Z\s]{0,60}[A-Z])(?=[^a-z\s]{0,60}[a-z])"
    r"(?=[\w-]{0,60}[A-Z0-9][a-z][A-Z0-9])[\w-]{20,400}(?![\w-])={0,2}"
)
# Base64 of a length that no path without a dot has; a slash does not end it.
_LONG_BASE64 = (
    r"(?=[A-Za-z0-9+/]{40})(?=(?:[A-Za-z+/]{0,40}\d){4})"
    r"(?=[^A-Z\s]{0,40}[A-Z])[A-Za-z0-9+/]{40,2000}={0,2}(?![\w+/])"
)
_RANDOM = (
    rf"(?:{_LONG_BASE64}|{_URLSAFE}"
    rf"|(?:{_MIXED}|{_LONG}){_END}(?![+/][A-Za-z0-9+/])(?:={{1,2}}(?!\w))?|{_BASE64})"
)

MASKS = (
    Mask(
        "token",
        Lead.LETTER,
        r"eyJ[\w-]{8,2000}(?:\.[\w-]{1,2000}){0,4}|arn:[\w-]{1,20}:[^\s'\",;)]{1,500}"
        r"|(?<=Bearer )[\w.~+/-]{8,2000}={0,2}|(?<=Basic )[\w+/]{8,2000}={0,2}"
        r"|(?:sk|pk|rk|whsec|ghp|gho|ghs|ghu|github_pat|glpat|xox[abeprs]|npm|pypi|AKIA|ASIA|AIza|ya29|shpat|SG)"
        r"[._-]?(?=[A-Za-z_.-]{0,60}\d)[\w.-]{12,400}(?<!\.)(?![\w-])",
    ),
    Mask(
        "token",
        Lead.NUMBERED,
        r"[a-z]{2,10}_(?=[A-Za-z]{0,63}\d)(?=\d{0,30}[A-Za-z])"
        rf"(?:(?=[A-Za-z]{{0,30}}\d[A-Za-z]{{0,30}}\d)|(?=[A-Za-z\d]{{0,60}}?{_UNLIKE_WORDS}))"
        r"[A-Za-z0-9]{12,64}(?!\w)"
        rf"|{_RANDOM}",
    ),
    Mask(
        "token",
        Lead.DIGIT,
        rf"(?=\d{{1,100}}[A-Za-z_/+-])(?!\d{{8}}T\d{{6}})(?:{_RANDOM})",
    ),
)
