"""What names one thing among many: UUIDs, trace ids, keys, tokens, random texts."""

from core.analysis.template.mask import Lead, Mask

_HEX = "[0-9A-Fa-f]"
_END = r"(?![A-Za-z0-9])"
_UUID = rf"{_HEX}{{8}}(?:-{_HEX}{{4}}){{3}}-{_HEX}{{12}}{_END}"
# What Kubernetes puts behind the name of a pod: the hash of its template and five letters.
_SAFE = "[bcdfghjklmnpqrstvwxz2-9]"
_POD = rf"(?=[a-z]{{0,9}}\d)(?:[0-9a-f]{{7,10}}|[bcdf2-9]{{6,10}})-{_SAFE}{{5}}"

MASKS = (
    Mask("uuid", Lead.JOINED, rf"urn:uuid:{_UUID}"),
    Mask("uuid", Lead.LETTER, _UUID),
    Mask("uuid", Lead.DIGIT, _UUID),
    Mask("uuid", Lead.MARK, rf"\{{{_UUID}\}}"),
    Mask("trace", Lead.DIGIT, rf"[0-9a-f]{{2}}-[0-9a-f]{{32}}-[0-9a-f]{{16}}-[0-9a-f]{{2}}{_END}"),
    Mask("trace", Lead.DIGIT, rf"\d-[0-9a-f]{{8}}-[0-9a-f]{{24}}{_END}"),
    Mask("trace", Lead.NUMBERED, rf"tx[0-9a-f]{{21}}-[0-9a-f]{{10}}(?:-[\w-]{{1,60}})?{_END}"),
    Mask(
        "token",
        Lead.NUMBERED,
        rf"(?<=-)(?:{_POD}|(?=[a-z]{{1,3}}\d[a-z\d]{{1,3}}(?!\w)){_SAFE}{{5}})(?![\w-])",
    ),
    Mask("token", Lead.DIGIT, rf"(?<=-){_POD}(?![\w-])"),
)
