"""Where things are on the network: URLs, hosts, addresses, mailboxes."""

from core.analysis.template.mask import Lead, Mask

_HEX = "[0-9A-Fa-f]"
_V4 = r"(?:\d{1,3}\.){3}\d{1,3}"
_TOP = (
    r"(?:com|org|net|io|dev|app|ai|co|edu|gov|mil|int|biz|cloud|tech|xyz|online|site|shop|online"
    r"|local|internal|intranet|corp|lan|localdomain|home|test|example|invalid|arpa|svc|onion"
    r"|de|fr|uk|nl|eu|ch|at|be|dk|fi|se|cz|hu|pt|ru|ua|jp|cn|kr|br|mx|ar|au|nz|za|ca|us|tr|gr|ie|il)"
)
_HOST = r"(?:[A-Za-z0-9_-]{1,63}+\.){1,8}"
# Go has packages that look like addresses.
_NO_MODULE = "(?<!package )(?<!module )(?<!import )(?<!imports )"
_V6 = (
    rf"(?:(?:{_HEX}{{1,4}}:){{7}}{_HEX}{{1,4}}"
    rf"|(?:{_HEX}{{1,4}}(?::{_HEX}{{1,4}}){{0,6}})?::(?:{_HEX}{{1,4}}:){{0,6}}(?:{_V4}|{_HEX}{{1,4}})?)"
    r"(?:%\w{1,20})?(?:/\d{1,3})?(?![\w:(])(?!\.\d)"
)


def _mac(group: str) -> str:
    """Six or eight pairs of digits with one separator."""
    same = rf"(?:(?P={group}){_HEX}{{2}})"
    return rf"{_HEX}{{2}}(?P<{group}>[:-]){_HEX}{{2}}{same}{{4}}(?:{same}{{2}})?(?![\w:-])"


# Not behind a part of an address; `seen:1::` starts one.
_FREE = r"(?:(?<![:.])|(?<=[g-z]:)|(?<=[g-z][a-z]:)|(?<=[A-Za-z_]{5}:))"
_V6_LIKE = (
    rf"{_FREE}(?={_HEX}{{1,4}}:)(?={_HEX}{{1,4}}:{_HEX}{{0,4}}:)"
    rf"(?=[A-Fa-f:]{{0,35}}[\d%]|{_HEX}{{4}}:)"
)
_URL = (
    r"(?i:[a-z][a-z0-9+.-]{1,20}://(?:\[[0-9A-Fa-f:.%]{2,60}\])?)"
    r"[^\s<>\"'`|\\^{}\[\]]{0,1999}(?<![.,;:!?)])"
)

MASKS = (
    Mask("url", Lead.JOINED, _URL),
    Mask(
        "url",
        Lead.JOINED,
        r"(?:data:[\w/+.-]{3,60}[;,]|mailto:|blob:|about:)[^\s<>\"'`]{1,1999}(?<![.,:!?)\]])",
    ),
    Mask(
        "email",
        Lead.JOINED,
        r"(?=[\w.+-]{1,64}+@)[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[A-Za-z][A-Za-z-]{1,62}(?![\w@])",
    ),
    Mask(
        "email",
        Lead.DIGIT,
        r"(?=[\w.+-]{1,64}+@)[\w.+-]{1,64}@(?:[\w-]{1,63}\.){1,6}[A-Za-z][A-Za-z-]{1,62}(?![\w@])",
    ),
    Mask("ip", Lead.LETTER, _mac("lettered_mac")),
    Mask("ip", Lead.DIGIT, _mac("digit_mac")),
    Mask("ip", Lead.DIGIT, rf"{_HEX}{{4}}\.{_HEX}{{4}}\.{_HEX}{{4}}(?![\w.])"),
    Mask("ip", Lead.JOINED, rf"{_V6_LIKE}{_V6}"),
    Mask("ip", Lead.DIGIT, rf"{_V6_LIKE}{_V6}"),
    Mask("ip", Lead.DIGIT, rf"{_V4}(?:/\d{{1,2}}\b|:\d{{1,5}}\b)?(?!\w|\.\d)"),
    Mask("host", Lead.JOINED, rf"{_HOST}{_TOP}(?::\d{{1,5}})?(?![\w(-]|\.\w|:?/\w)"),
    Mask("host", Lead.DIGIT, rf"{_HOST}{_TOP}(?::\d{{1,5}})?(?![\w(-]|\.\w|:?/\w)"),
    Mask(
        "url",
        Lead.JOINED,
        rf"{_NO_MODULE}{_HOST}{_TOP}(?::\d{{1,5}})?/[^\s<>\"'`|\\^{{}}]{{1,1999}}(?<![.,;:!?)\]])",
    ),
    Mask("ip", Lead.MARK, rf"\[(?={_HEX}{{0,4}}:{_HEX}{{0,4}}:)(?:{_V6})\]:\d{{1,5}}\b"),
    Mask("ip", Lead.MARK, rf"(?<![\w:.])(?=::{_HEX})(?={_V4}|::{_HEX}{{0,3}}[\d:]|::ffff){_V6}"),
    Mask("ip", Lead.MARK, r"(?<![\w:>)\]<~])::(?:/\d{1,3})?(?![\w:<>~(*&])"),
)
