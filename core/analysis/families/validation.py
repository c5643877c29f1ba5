"""Values that do not fit: fields, formats, constraints across fields, own validators."""

import re

from core.analysis.details import Detail, found, places_of, shape_of, told
from core.analysis.facts import Facts
from core.analysis.family import Family
from core.analysis.kinds import Kind, Kinds
from core.errors import Category

_LIBRARIES = frozenset({
    "pydantic", "pydantic_core", "marshmallow", "cerberus", "jsonschema", "voluptuous",
    "wtforms", "msgspec", "attrs", "zod", "ajv", "yup", "class-validator", "valibot",
    "joi", "activemodel", "fluentvalidation", "javax.validation", "jakarta.validation",
    "system.componentmodel.dataannotations", "django.core.validators", "django.forms",
    "illuminate.validation", "symfony.component.validator", "hibernate.validator", "validator",
    "go-playground", "json.decoder", "simplejson", "orjson", "xml.etree", "csv", "email_validator",
})  # fmt: skip
_TYPES = frozenset({
    "ValidationError", "ZodError", "JSONDecodeError", "UnicodeDecodeError", "UnicodeEncodeError",
    "ConstraintViolationException", "MethodArgumentNotValidException", "ValidationException",
    "JsonParseException", "JsonException", "InvalidFormatException", "NumberFormatException",
})  # fmt: skip
_COMPONENTS = frozenset({"validation", "validator", "form", "forms", "schema"})
_WORDS = (
    "in json at position", "is not valid json", "unexpected end of json", "json input",
    "file type", "mime type", "failed validation",
)  # fmt: skip
_DETAILS = (
    Detail("model", re.compile(r"\bvalidation errors? for ([\w.\[\]]{1,100})"),
           ("validation err",)),
    Detail("field",
           re.compile(r"\b(?:[Ff]ield|[Pp]roperty|[Pp]arameter|[Aa]ttribute"
                      r"|[Aa]rgument)[: ]{1,2}['\"`]?([\w.\[\]-]{1,80})"
                      r"|^['\"]([\w.-]{1,80})['\"] is |\bKey: '[\w.]{1,60}\.(\w{1,60})' Error"
                      r"|\bOn instance\['(\w{1,60})'\]|\"path\": ?\[\s{0,8}\"(\w{1,60})\"")),
    Detail("rule",
           re.compile(r"\[type=(\w{1,60})|failed on the '(\w{1,40})' tag"
                      r"|\"code\": ?\"(\w{1,40})\"|keyword[ :=]{1,2}['\"](\w{1,40})"),
           ("type=", "tag", "code", "keyword")),
    Detail("value", re.compile(r"\binput_type=(\w{1,40})"), ("input_type",)),
    Detail("encoding",
           re.compile(r"['\"]([\w-]{2,20})['\"] codec|invalid ((?:utf|UTF)-?8)"),
           ("codec", "utf-8", "utf8")),
    Detail("position",
           re.compile(r"\b(?:position|char|offset|column)[ :]{1,2}(\d{1,9})\b"),
           ("position", "char", "offset", "column")),
    Detail("line", re.compile(r"\bline:? (\d{1,9})\b"), ("line",)),
    Detail("limit",
           re.compile(r"\b(?:at (?:most|least)|less than(?: or equal to)?|greater than(?: or equal"
                      r" to)?|maximum(?: of)?|minimum(?: of)?|between|exceeds?(?: the)?"
                      r"(?: limit of)?|max(?:imum)? length(?: of)?) (-?\d[\d,.]{0,15})",
                      re.IGNORECASE)),
    Detail("file_type",
           re.compile(r"\b(?:file|mime|content|media)[ -]?type:? ['\"]?([\w.+/-]{2,60})",
                      re.IGNORECASE),
           ("type",)),
)  # fmt: skip
_TOLD = {
    "field": "field", "field_name": "field", "path": "field", "rule": "rule", "validator": "rule",
    "constraint": "rule", "model": "model", "schema": "model", "limit": "limit", "max": "limit",
    "min": "limit", "file_type": "file_type", "line": "line", "row": "line",
}  # fmt: skip
_VALUES = ("value", "input", "invalid_value", "rejected_value", "rejectedValue")

_KINDS = Kinds(
    Kind(
        "encoding", "The bytes are not in the encoding that was expected.", 400,
        types=("UnicodeDecodeError", "UnicodeEncodeError", "UnicodeError",
               "MalformedInputException", "CharacterCodingException"),
        words=("codec can't", "invalid utf", "invalid byte sequence", "incompatible character"),
    ),
    Kind(
        "parse", "The document cannot be read.", 400,
        types=("JSONDecodeError", "JsonParseException", "JsonReaderException", "ExpatError",
               "YAMLError", "XMLSyntaxError", "TOMLDecodeError", "SAXParseException",
               "MismatchedInputException", "ParserError", "ScannerError"),
        words=("expecting value", "unexpected end of json", "invalid json", "unexpected token",
               "unterminated string", "extra data:", "not well-formed", "in json at position",
               "is not valid json"),
    ),
    Kind(
        "file_type", "A file is of a kind that is not taken.", 415,
        types=("UnsupportedFileType", "UnidentifiedImageError"),
        words=("file type", "mime type", "file extension", "cannot identify image",
               "unsupported format"),
    ),
    Kind(
        "size", "A document or file is larger than is taken.", 413,
        types=("FileTooLarge", "PayloadTooLarge"),
        words=("file too large", "file is too large", "size limit", "exceeds the maximum size",
               "maximum file size"),
    ),
    Kind(
        "cross_field", "Fields do not fit together.", 422,
        words=("must be before", "must be after", "must match", "do not match",
               "does not match the", "mutually exclusive", "either ", "at least one of",
               "only one of", "depends on", "together with", "earlier than", "later than",
               "is required when", "required with",
               "start date", "end date", "model_validator"),
    ),
    Kind(
        "missing", "A field is not there.", 422,
        codes=("missing", "required", "REQUIRED"),
        types=("MissingRequiredFieldError", "MissingParameterError", "RequiredError"),
        words=("field required", "is required", "required property", "missing required",
               "type=missing", "this field may not be", "can't be blank", "must not be null",
               "must not be blank", "the 'required' tag", "may not be null", "cannot be empty"),
    ),
    Kind(
        "custom", "A rule of the application's own does not let it pass.", 422,
        words=("type=value_error", "value error,", "type=assertion_error", "assertion failed,",
               "custom validat", "custom check", "validator failed", "validator function",
               "refinement"),
    ),
    Kind(
        "constraint", "A value is too long, too short, out of range or none of the choices.", 422,
        types=("ConstraintViolationException", "ArgumentOutOfRangeException"),
        words=("at least", "at most", "greater than", "less than", "out of range", "too long",
               "too short", "maximum", "minimum", "not one of", "valid choice",
               "is not in the list", "must be between", "must be one of", "exceeds", "not in enum",
               "must be unique"),
    ),
    Kind(
        "format", "A value does not have the form that was asked for.", 422,
        types=("InvalidFormatException", "NumberFormatException", "EmailNotValidError",
               "DateTimeParseException", "FormatException", "ParseError", "InvalidOperation"),
        words=("format", "pattern", "parse", "decode", "match", "not a valid", "invalid email",
               "invalid date", "invalid url", "invalid uuid", "invalid literal", "isoformat"),
    ),
    Kind("field", "A value is not what the field takes.", 422,
         categories=(Category.VALIDATION,)),
)  # fmt: skip


def weight(facts: Facts) -> float:
    if facts.from_library(_LIBRARIES):
        return 0.86
    if facts.type in _TYPES:
        return 0.6
    if facts.category is Category.VALIDATION or facts.says(_WORDS):
        return 0.58
    return 0.5 if facts.of_component(_COMPONENTS) else 0.0


def context(facts: Facts) -> dict[str, str]:
    """Of the value only what it is made of: what people enter is often secret."""
    details = {**found(_DETAILS, facts), **told(facts, _TOLD)}
    if "field" not in details and "model" in details:
        _, _, rest = facts.message.partition("\n")
        if field := rest.partition("\n")[0].strip():
            details["field"] = field[:80]
    for place in places_of(facts):
        name = next((name for name in _VALUES if name in place), None)
        if name is not None:
            details["value"] = shape_of(place[name])
            break
    return details


FAMILY = Family(
    "validation",
    "VAL",
    "Values, documents and files that do not pass a check.",
    weight,
    context,
    _KINDS,
)
