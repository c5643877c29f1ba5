"""Numbers in base sixteen: addresses, hashes, span ids; with and without a prefix."""

from core.analysis.template.mask import Lead, Mask

HEX = "[0-9A-Fa-f]"
_END = r"(?![A-Za-z0-9])"
# Bare hexadecimal digits of one case: short ones start with a digit or change back and forth.
BARE = "|".join(
    rf"(?=[0-9{letters}]{{4}})(?=[0-9]{{0,64}}+[{letters}])"
    rf"(?:(?=[{letters}]{{0,64}}\d)[0-9{letters}]{{7,256}}|[{letters}]{{8,256}}"
    rf"|(?=\d)(?=\d{{1,6}}[{letters}])[0-9{letters}]{{4,6}}"
    rf"|(?=[{letters}]{{1,4}}\d{{1,4}}[{letters}])[0-9{letters}]{{4,6}}"
    rf"|(?=[{letters}]{{0,6}}\d)[0-9{letters}]{{4,6}}(?=-[0-9{letters}]{{4,64}}(?![A-Za-z0-9])))"
    for letters in ("a-f", "A-F")
)
# Bytes as dumps show them, four or more.
_DUMPED = (
    rf"(?=(?:[A-Fa-f]{{2}} ){{0,12}}[A-Fa-f]?\d){HEX}{{2}}(?: {HEX}{{2}}){{3,64}}(?! ?{HEX}{{2}}\b)"
)
# Domain, bus, device and function of what is on PCI.
_PCI = rf"{HEX}{{4}}:{HEX}{{2}}:{HEX}{{2}}\.[0-7]"
# Two words of a position: `3F/A02C11D8`.
_POSITION = rf"(?=[\d/]{{0,17}}[A-F]){HEX}{{1,8}}/[0-9A-F]{{5,8}}"

MASKS = (
    Mask("n", Lead.LETTER, rf"{_DUMPED}{_END}|(?<=#){HEX}{{6}}(?:{HEX}{{2}})?{_END}"),
    Mask("n", Lead.DIGIT, rf"(?:{_DUMPED}|{_PCI}){_END}"),
    Mask("halves", Lead.NUMBERED, rf"{_POSITION}(?![\w/])"),
    Mask("halves", Lead.DIGIT, rf"{_POSITION}(?![\w/])"),
    Mask("n", Lead.LETTER, rf"(?:[a-f]{{8,256}}|[A-F]{{8,256}}){_END}"),
    Mask("n", Lead.NUMBERED, rf"(?![A-F]{{1,3}}\d{{3,6}}{_END})(?:{BARE}){_END}"),
    Mask("n", Lead.DIGIT, rf"0[xX]{HEX}{{1,256}}{_END}|(?:{BARE}){_END}"),
)
