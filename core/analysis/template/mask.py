"""What a mask is: a placeholder, where its values may start, and what they look like."""

from enum import Enum
from typing import NamedTuple


class Lead(Enum):
    """How a value starts: masks are tried only where their lead is, one lead after the other."""

    JOINED = r"(?=[A-Za-z][\w+%$~-]*+[@.:/\\=])"
    LETTER = "(?=[A-Za-z])"
    NUMBERED = r"(?=[A-Za-z][A-Za-z_+/-]*+\d)"
    DIGIT = r"(?=\d)"
    QUOTE = "(?=['\"`«»“„\u2018\u2039])"
    SLASH = r"(?=[/~.\\])"
    SIGN = "(?=[+-])"
    MARK = r"(?=[(\[{<:?])"


class Mask(NamedTuple):
    """One shape of a value.

    `kind` is the placeholder's name or one of the scanner's own words (`keep`, `quoted`, ...).
    A pattern is tried at the start of a run of letters and digits, or at a mark; it never sees the
    middle of a run.
    """

    kind: str
    lead: Lead
    pattern: str
