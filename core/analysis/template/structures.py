"""Values in the order that languages give them: SQL, JSON, representations of objects."""

from core.analysis.template.mask import Lead, Mask

_SINGLE = r"'(?:[^'\\\n]|\\.|''){0,1000}+'"
_DOUBLE = r'"(?:[^"\\\n]|\\.){0,1000}+"'
_ROW = rf"\((?:[^()'\"\n]|{_SINGLE}|{_DOUBLE}|\([^()\n]{{0,200}}\)){{0,2000}}+\)"

MASKS = (
    Mask(
        "list",
        Lead.MARK,
        rf"(?:(?<=VALUES )|(?<=VALUES)|(?<=values )|(?<=values)){_ROW}(?: ?, ?{_ROW}){{0,200}}+",
    ),
    Mask("list", Lead.MARK, rf"(?:(?<= IN )|(?<= IN)|(?<= in )(?=\(['\d$%?:])){_ROW}"),
    Mask(
        "list",
        Lead.MARK,
        rf"(?:(?<=\)=)|(?<=row contains )|(?<=key value is )|(?<=parameters: )){_ROW}",
    ),
    Mask(
        "field",
        Lead.QUOTE,
        rf"(?P<field_quote>[\"'])[\w .$@/-]{{1,80}}(?P=field_quote)(?: ?: ?| ?=> ?)"
        rf"(?:{_SINGLE}|{_DOUBLE}|(?:[Tt]rue|[Ff]alse)\b|\[[^\[\]{{}}<>\n]{{1,500}}\])",
    ),
    Mask("bool", Lead.LETTER, r"(?<==)(?i:true|false)\b(?!=)"),
    Mask(
        "assigned",
        Lead.JOINED,
        r"[A-Za-z_.-]{1,60}+=(?=[A-Za-z])"
        r"(?!(?i:true|false|null|none|nil)\b|\w{1,20}://|datetime\.)"
        r"(?![MTWFSJADNO][a-z]{2,8}[.,]{0,2} ?[\dADFJMNOS])"
        r"[^\s,;&)\]}>\"'<=(\[{|]{1,200}+(?![(\[{=<])",
    ),
    Mask("query", Lead.MARK, r"(?<=[\w/>])\?[\w.%-]{1,60}=[^\s'\"<>()]{0,500}"),
    Mask("named", Lead.MARK, r"<[A-Z]\w{1,60}: [^<>\n]{1,200}>"),
    Mask("escape", Lead.SLASH, r"\\(?:u(?!0000)[0-9A-Fa-f]{4}|x[0-9A-Fa-f]{2})"),
)
