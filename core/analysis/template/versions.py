"""Versions: by the word in front of them, whatever they look like, and by their own looks."""

from core.analysis.template.mask import Lead, Mask

_WORDS = ("version", "firmware", "release", "build", "driver", "revision", "patch")
# What browsers call themselves, with four numbers that are no address.
_BROWSERS = ("Chrome/", "Chromium/", "CriOS/", "Edg/", "EdgA/", "Edge/", "Electron/", "OPR/")
_FOLLOWS = "|".join(
    f"(?<={word})"
    for word in (*(f"{word} " for name in _WORDS for word in (name, name.title())), *_BROWSERS)
)
# What stands before a release that is not yet, or no longer, the release.
_BEFORE = r"(?:a|b|c|rc|RC|alpha|beta|dev|post|pre|M|SP)\d{1,4}"
_MORE = r"(?:[.+-][0-9A-Za-z]{1,40}){0,8}"
_END = r"(?![\w.]\d|\w)"

DECLARED = (
    Mask(
        "version",
        Lead.DIGIT,
        rf"(?:{_FOLLOWS})\d{{1,9}}(?:\.\d{{1,9}}){{1,5}}(?:{_BEFORE})?(?:[+-][0-9A-Za-z.]{{1,40}})?{_END}",
    ),
)
MASKS = (
    Mask(
        "version",
        Lead.LETTER,
        rf"[vV]\d{{1,9}}\.\d{{1,9}}(?:\.\d{{1,9}})?(?:{_BEFORE})?{_MORE}{_END}",
    ),
    Mask(
        "version",
        Lead.DIGIT,
        rf"\d{{1,9}}\.\d{{1,9}}\.\d{{1,9}}(?:{_BEFORE})?{_MORE}{_END}",
    ),
)
