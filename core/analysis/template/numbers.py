"""Numbers, and what is numbered: words that end in a number."""

from core.analysis.template.amounts import SIGN
from core.analysis.template.hexadecimal import BARE, HEX
from core.analysis.template.mask import Lead, Mask

_END = r"(?![A-Za-z0-9])"
_NUMBER = r"\d++(?:[.,]\d++)*+(?:[eE][+-]?\d{1,6})?(?: ?%|‰|[KkMGT](?![\w-]))?"

MASKS = (
    Mask("stemmed", Lead.NUMBERED, rf"[A-Za-z]{{1,60}}+\d{{1,60}}+{_END}"),
    Mask("n", Lead.DIGIT, rf"{_NUMBER}(?:st|nd|rd|th)?{_END}"),
    Mask("pair", Lead.DIGIT, rf"\d{{1,9}}x\d{{1,9}}{_END}"),
    Mask(
        "lettered",
        Lead.DIGIT,
        r"\d{1,40}(?:(?<=\d\d)|(?:[.,]\d{1,40}){1,8})[A-Za-z]{1,40}(?![A-Za-z0-9])",
    ),
    Mask(
        "n",
        Lead.SIGN,
        rf"{SIGN}(?=[.\da-fA-F])(?:0[xX]{HEX}{{1,64}}|(?:{BARE})|\.?{_NUMBER}){_END}(?!\.\d)",
    ),
)
