from tests.unit.core.analysis.families.facts import taken

ERRORS = """1 validation error for Order
lines.0.price
  Input should be a number [type=float_type, input_type=str]"""


def test_a_model_names_its_field():
    family, context = taken("ValidationError", "pydantic_core", ERRORS)

    assert family == "validation"
    assert context == {
        "model": "Order",
        "field": "lines.0.price",
        "rule": "float_type",
        "value": "str",
        "kind": "field",
    }


def test_a_format():
    found = taken(message="field 'day' is invalid: does not match the format")

    assert found == ("validation", {"field": "day", "kind": "format"})


def test_a_component_called_form():
    assert taken("Boom", "", "x", tags={"component": "form"})[0] == "validation"
