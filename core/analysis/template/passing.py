"""What no value starts with: passed over in one go, since it is most of a message."""

# Words that may start a value of several words, or one made of letters alone.
_CAREFUL = (
    r"[MTWFSJADNO][a-z]{2,8}[.,]{0,2} [\dADFJMNOS]"
    r"|[a-f]{8}|[A-F]{8}|(?<=#)[A-Fa-f]{6}|[A-Fa-f]{1,4}[:-]"
    r"|(?:urn|arn|data|mailto|blob|about|[bBuUrRfFL]{1,2}(?=['\"])|eyJ)(?![A-Za-z ])"
    r"|SQL ?STATE|(?:TLS|SSL|[Oo][Aa]uth|RFC|ISO) v?\d"
)
# What joins a word to what may be a value with it: digits, hosts, paths, URLs, keys.
_JOINED = r"[\w@/\\+-]|[.:](?![\s<]|$|:(?!ffff:)[A-Za-z_])|=[A-Za-z]"
# A row of values follows.
_ROWS = (
    "(?<!VALUES)(?<!values)(?<!VALUES )(?<!values )(?<! IN)(?<! IN )(?<! in )"
    r"(?<!\)=)(?<!contains )(?<!key value is )(?<!parameters: )"
)
_PASSED = (
    rf"(?<!=)(?!{_CAREFUL})[A-Za-z]++(?:[_-][A-Za-z]++)*+(?!{_JOINED})",
    r"(?:[ ,;!)\]}|>*&^%$#_=@]|\?(?![\w.%-]{1,60}=))++",
    r"<[a-z]{1,8}>",
    rf"{_ROWS}\(",
    r"\[(?![0-9A-Fa-f]{0,4}:)",
    r"\{(?![0-9A-Fa-f]{8}-)",
    r"(?<=[\w)\]>])[+-]|[+-](?![\d.])",
    r"(?<!:):(?!:)|:(?=:(?!ffff:)[A-Za-z_])|(?<=:):",
    r"\.(?![\d./])",
    r"(?<=[A-Za-z])'(?=[A-Za-z])",
)
PASSED = f"(?:{'|'.join(_PASSED)})*+"

_UNIT = (
    r"[mun]?s|µs|h|[a-z]*(?:sec|min|hour|hr|day|week|month|year|byte|bit)[a-z]*|[kKMGTPE]?i?[bB]"
    r"|of [A-Z]|at|[ap]\.?m"
)
# A number that nothing behind it can make a part of a date, an amount, an address.
QUICK = (
    r"\d{1,18}+(?=[)\]}\"'>;!?]|/\d{1,9}(?![\w/.:-])|[,.:]?$|[,:] |\. (?![KMGTPE]?i?B\b)|,\D"
    rf"| (?:[<(\[\"'=&|-]|(?!(?:{_UNIT})\b)[a-z]))"
)
