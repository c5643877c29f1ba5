import pytest

from tests.unit.core.analysis.families.facts import answered, coded, read, taken

ERRORS = """1 validation error for Order
lines.0.price
  Input should be a number [type=float_type, input_value='hunter2', input_type=str]"""


def test_a_model_names_its_field_and_never_the_value():
    family, context = taken("ValidationError", "pydantic_core", ERRORS)

    assert family == "validation"
    assert context == {
        "model": "Order",
        "field": "lines.0.price",
        "rule": "float_type",
        "value": "str",
    }


@pytest.mark.parametrize(
    ("value", "shape"),
    [("hunter2", "text of 7"), ([1, 2], "list of 2"), ({}, "object of 0"), (True, "boolean"),
     (3.5, "number"), (None, "null")],
)  # fmt: skip
def test_of_a_value_only_its_shape(value, shape):
    context = read("ValidationError", "marshmallow", "Invalid.", extra={"value": value})

    assert context == {"value": shape}


@pytest.mark.parametrize(
    ("kind", "module", "message", "expected"),
    [
        ("ValidationError", "pydantic_core", "Field required [type=missing", "VAL-MISSING"),
        ("ValidationError", "jsonschema", "'name' is a required property", "VAL-MISSING"),
        ("ValidationErrors", "validator", "failed on the 'required' tag", "VAL-MISSING"),
        ("ValidationError", "pydantic_core", "should be greater than 0", "VAL-CONSTRAINT"),
        ("ActiveModel::ValidationError", "", "Name is too long", "VAL-CONSTRAINT"),
        ("ValidationError", "wtforms", "not a valid choice", "VAL-CONSTRAINT"),
        ("ValidationError", "pydantic_core", "start must be before end", "VAL-CROSS-FIELD"),
        ("ValidationError", "zod", "passwords do not match", "VAL-CROSS-FIELD"),
        ("ValidationError", "pydantic_core", "x [type=value_error,", "VAL-CUSTOM"),
        ("ValidationError", "marshmallow", "Not a valid email address.", "VAL-FORMAT"),
        ("ValueError", "", "invalid literal for int() with base 10", "VAL-FORMAT"),
        ("JSONDecodeError", "json.decoder", "Expecting value: line 1 column 1", "VAL-PARSE"),
        ("SyntaxError", "", "Unexpected token < in JSON at position 0", "VAL-PARSE"),
        ("UnicodeDecodeError", "", "'utf-8' codec can't decode byte 0xe9", "VAL-ENCODING"),
        ("UnsupportedFileType", "", "file type: image/tiff is not taken", "VAL-FILE-TYPE"),
        ("FileTooLarge", "", "the file is too large", "VAL-SIZE"),
        ("ValidationError", "cerberus", "odd", "VAL-FIELD"),
    ],
)
def test_the_kind_of_trouble(kind, module, message, expected):
    assert coded(kind, module, message) == expected


def test_a_field_in_words():
    found = taken(message="field 'day' is invalid: does not match the format")

    assert found[0] == "validation"
    assert found[1] == {"field": "day"}


def test_where_a_document_breaks():
    context = read("JSONDecodeError", "json.decoder", "Expecting value: line 3 column 7 (char 40)")

    assert context == {"line": "3", "position": "7"}


def test_bad_values_are_not_tried_again():
    assert answered("ValidationError", "pydantic_core", ERRORS)[1:] == (422, "fail_fast")


def test_a_component_called_form():
    assert taken("Boom", "", "x", tags={"component": "form"})[0] == "validation"
