"""Dates and times of day as programs, servers, mail and people write them."""

from core.analysis.template.mask import Lead, Mask

_MONTH = (
    r"(?:Jan(?:uary)?|Feb(?:ruary)?|Mar(?:ch)?|Apr(?:il)?|May|June?|July?|Aug(?:ust)?|Sept?(?:ember)?"
    r"|Oct(?:ober)?|Nov(?:ember)?|Dec(?:ember)?)\.?"
)
_DAY = (
    r"(?:Mon(?:day)?|Tue(?:s(?:day)?)?|Wed(?:nesday)?|Thu(?:rs(?:day)?)?|Fri(?:day)?"
    r"|Sat(?:urday)?|Sun(?:day)?)"
)
_CLOCK = r"\d{1,2}:\d{2}(?::\d{2}(?:[.,:]\d{1,9})?)?(?: ?[AaPp]\.?[Mm]\b\.?)?"
_NAMED = r"(?:UTC|GMT|[AECMPH]K?[SDA]T|[CEW]ES?T|BST|IST|JST|KST|MSK|AE[SD]T|NZ[SD]T|HKT|SGT|UT)"
_OFFSET = r"[+-]\d{2}:?\d{2}(?!\d)"
_ZONE = (
    rf"(?: ?(?:Z\d{{2}}:\d{{2}}|Z(?![A-Za-z0-9])|{_NAMED}(?:{_OFFSET}|\b)|{_OFFSET})"
    rf"|[+-]\d{{2}}(?![\d:.])| [A-Z][a-z]{{2,12}}/[A-Z][A-Za-z_]{{2,20}}\b)?"
    rf"(?: {_NAMED}\b)?(?: ?\([A-Z][A-Za-z ]{{2,40}}\))?"
    r"(?:\[[A-Z][A-Za-z_]{1,20}(?:/\w{1,20})?\])?"
    r"(?: m=[+-]\d{1,12}(?:\.\d{1,12})?)?"
)
_TIME = rf"{_CLOCK}{_ZONE}"
_TAIL = rf"(?:(?:,? (?:at )?|[T:_]){_TIME})?"
_NUMBERED = rf"\d{{1,2}}(?:st|nd|rd|th)?(?: of)?[ /-]{_MONTH}"
_AFTER = r"(?![\w:])"
_POSITION = r"(?<!line )(?<!lines )(?<!column )(?<!col )(?<!position )(?<!pos )(?<!char )(?<!row )"

MASKS = (
    Mask(
        "date",
        Lead.LETTER,
        rf"(?=[MTWFSJADNO][a-z]{{2,8}}[.,]{{0,2}} ?[\dADFJMNOS])(?:"
        rf"(?:{_DAY},? )?{_NUMBERED}(?:[ /,-]{{1,2}}(?:\d{{4}}|\d{{2}})(?!\d))?{_TAIL}"
        rf"|(?:{_DAY},? )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?(?![\w:])(?:,? \d{{4}}(?![\d:]))?"
        rf"{_TAIL}(?: (?:{_NAMED} )?\d{{4}}\b)?"
        rf"|{_MONTH} (?:19|20)\d{{2}}){_AFTER}",
    ),
    Mask("date", Lead.LETTER, rf"[IWEFD]\d{{4}} \d{{2}}:\d{{2}}:\d{{2}}\.\d{{1,9}}{_AFTER}"),
    Mask(
        "date",
        Lead.LETTER,
        r"(?:datetime\.)?(?:datetime|date|time)"
        r"\(\d[\d, ]{0,60}[^()\n]{0,80}(?:\([^()\n]{0,80}\)){0,2}\)",
    ),
    Mask(
        "date",
        Lead.DIGIT,
        rf"\d{{4}}(?P<ymd>[-/])\d{{1,2}}(?P=ymd)\d{{1,2}}(?:(?:T|t| |_|, | at | - ){_TIME}"
        rf"|-\d{{2}}[.:]\d{{2}}[.:]\d{{2}}(?:[.,]\d{{1,9}})?|(?!\d)){_AFTER}",
    ),
    Mask("date", Lead.DIGIT, rf"\d{{4}}\.\d{{1,2}}\.\d{{1,2}}(?:[T _-]{_TIME}){_AFTER}"),
    Mask("date", Lead.DIGIT, rf"\d{{4}}-W\d{{2}}(?:-\d)?(?:T{_TIME})?{_AFTER}"),
    Mask("date", Lead.DIGIT, rf"\d{{8}}[T ]\d{{6}}(?:[.,]\d{{1,9}})?(?:Z|{_OFFSET})?{_AFTER}"),
    Mask(
        "date",
        Lead.DIGIT,
        rf"\d{{8}}[ -]\d{{1,2}}:\d{{1,2}}:\d{{1,2}}(?:[.,:]\d{{1,9}})?{_ZONE}{_AFTER}",
    ),
    Mask(
        "date",
        Lead.DIGIT,
        rf"{_NUMBERED}(?:[ /,-]{{1,2}}(?:\d{{4}}|\d{{2}})(?!\d))?{_TAIL}{_AFTER}",
    ),
    Mask(
        "date",
        Lead.DIGIT,
        r"(?:\d{1,2}(?P<dmy>[/-])\d{1,2}(?P=dmy)(?:\d{4}|\d{2})|\d{1,2}\.\d{1,2}\.(?:19|20)\d{2})(?!\d)"
        rf"(?:(?:,? (?:at )?|[T:_]){_TIME})?(?![\w.-]?\d|\w)",
    ),
    Mask(
        "date",
        Lead.DIGIT,
        rf"\d{{1,2}}[./-]\d{{1,2}} \d{{1,2}}:\d{{2}}:\d{{2}}(?:[.,]\d{{1,9}})?{_ZONE}{_AFTER}",
    ),
    Mask(
        "date",
        Lead.DIGIT,
        r"(?<!\d[:.])\d{1,2}:\d{2}:\d{2}(?:[.,]\d{1,9})?(?: ?[AaPp][Mm]\b)?"
        rf"{_ZONE}{_AFTER}",
    ),
    Mask("date", Lead.DIGIT, r"(?<!\d[:.])\d{1,2}(?::\d{2})? ?[AaPp]\.?[Mm]\b"),
    Mask("date", Lead.DIGIT, rf"{_POSITION}(?<![:.\w(])\d{{1,2}}:\d{{2}}{_ZONE}{_AFTER}"),
)
