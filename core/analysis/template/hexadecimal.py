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

MASKS = (
    Mask("n", Lead.LETTER, rf"(?:[a-f]{{8,256}}|[A-F]{{8,256}}){_END}"),
    Mask("n", Lead.NUMBERED, rf"(?![A-F]{{1,3}}\d{{3,6}}{_END})(?:{BARE}){_END}"),
    Mask("n", Lead.DIGIT, rf"0[xX]{HEX}{{1,256}}{_END}|(?:{BARE}){_END}"),
)
