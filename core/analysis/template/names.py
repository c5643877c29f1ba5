"""Words whose digits belong to the name: types, encodings, algorithms, protocols, diagnostics."""

from core.analysis.template.mask import Lead, Mask
from core.analysis.template.words import words

# What follows the first letter, in any case; a word that starts with another letter is refused at
# once. Names whose digits nothing else would take (`boto3`, `s3`) need no entry.
_NAMES = {
    "a": r"es[-_]?(?:128|192|256)(?:-[a-z]{3})?|rm(?:64|v\d\w{0,3})|md64|arch64|scii85",
    "b": r"ase[-_]?(?:16|32|36|58|62|64|85)|lake[23][bs]?|2b2?[bc]",
    "c": r"omplex\d{2,3}|p[-_]?\d{3,4}|rc[-_]?(?:8|16|32|64)c?|urve25519|ve-\d{4}-\d{4,7}",
    "d": r"ecimal\d{2,3}|3d\d{1,2}",
    "e": r"d25519|s(?:20\d\d|256|384|512)|2e",
    "f": r"loat\d{1,3}(?:_t)?|(?:16|32|64|128)",
    "g": r"b(?:2312|18030|k)",
    "h": r"s(?:256|384|512)|\.?26[45]|ttp/?[123](?:\.\d)?",
    "i": r"nt\d{1,3}(?:_t)?|(?:8|16|32|64|128)|p[-_]?v[46]|[3-6]86"
    r"|so[-_ ]?(?:8859[-_]\d{1,2}|\d{4,5})",
    "k": r"oi8[-_][ru]",
    "l": r"atin[-_]?\d|og4j2?",
    "m": r"d[245]|ips64|p[34]",
    "n": r"eo4j",
    "o": r"auth[- ]?[12](?:\.\d)?a?",
    "p": r"s(?:256|384|512)|kcs[-_#]?\d{1,2}|-(?:256|384|521)",
    "r": r"s(?:256|384|512)|sa[-_]?\d{3,4}|ipemd160|fc[- ]?\d{3,4}",
    "s": r"ha[-_]?(?:3[-_])?(?:224|256|384|512|1|2|3)|ecp\d{3}[kr]1|sl ?v?[23](?:\.0)?",
    "t": r"ls ?v?1[._]?[0-3](?:\.\d)?",
    "u": r"int\d{1,3}(?:_t)?|(?:8|16|32|64|128)|cs[-_]?[24]"
    r"|tf[-_]?(?:8|16|32|7)(?:mb[34]|[-_]?[lb]e)?",
    "w": r"in(?:32|64)|ow64|indows[-_]?125\d",
    "x": r"86(?:[-_]64)?|64|\.?509(?:v\d)?|25519",
}
_ANY_NAME = "|".join(f"[{first}{first.upper()}](?i:{rest})" for first, rest in _NAMES.items())
# Prefixes of numbered diagnostics: the number says what failed.
_STEMS = (
    "AADSTS|AMQ|APP|BC|BEA|CA|CS|CWE|CWWK|DB2|DL|DPI|DPY|DSR|EC|EJS|ERR|ERESOLVE|ES|FS|HHH|HTTP|HV|IDE|IJ"
    "|J2CA|JBAS|KB|LGHT|LNK|MSB|MY|NETSDK|NG|NPM|NU|ORA|PGRST|PHP|PLR|PLS|RMAN|RUF|SC|SIM|SP2|SQL|SQLCODE"
    "|SRVE|TNS|TS|UP|VB|WFLY|WIX|WLTC|YN|[BCDEFNW]"
)

MASKS = (
    # What mail servers say behind their code, as RFC 3463 has it.
    Mask("keep", Lead.DIGIT, r"(?<=[245]\d\d[ -])[245]\.\d{1,3}\.\d{1,3}(?![\w.])"),
    Mask("keep", Lead.NUMBERED, rf"(?:{_ANY_NAME})(?![A-Za-z0-9])"),
    Mask("keep", Lead.NUMBERED, rf"(?:{_STEMS})[-_]?\d{{2,7}}[A-Z]?(?![A-Za-z0-9])"),
    Mask("keep", Lead.LETTER, r"(?:TLS|SSL|[Oo][Aa]uth|RFC|ISO) v?\d{1,5}(?:\.\d)?(?![\w.]\d)"),
    Mask(
        "keep",
        Lead.LETTER,
        r"(?:[Ss][Qq][Ll] ?[Ss][Tt][Aa][Tt][Ee])[ :=\[(\"']{1,3}[0-9A-Z]{5}(?![A-Za-z0-9])",
    ),
)
# What is numbered when there are several of it.
COUNTED = words(
    """
    account agent app arg attempt batch block box broker bucket cache channel chunk client
    cluster col conn connection container core cpu customer db device disk doc entry eth event
    executor field file follower gpu group gw host id image img instance invoice item job kafka
    key lb leader level machine master member message mongo mq msg mysql node nr num number
    order page param part partition peer pg player pod postgres primary proc process product
    proxy queue rack rank record redis replica req request resp retry room row runner seat
    secondary segment sensor server session shard sku slave slot srv stage standby step table
    task temp tenant test thread tmp try user val value var vm web worker zone
    """
)
