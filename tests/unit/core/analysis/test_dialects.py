import pytest

from core.analysis.dialects import said
from tests.unit.core.analysis.builders import event, failure, key

SAME = {
    "reading of nothing": [
        ("TypeError", "Cannot read properties of undefined (reading 'b')"),
        ("TypeError", "Cannot read property 'b' of undefined"),
        ("TypeError", "Cannot call method 'b' of null"),
        ("TypeError", "undefined is not an object (evaluating 'a.b')"),
        ("TypeError", "null is not an object (evaluating 'this.a(1).b()')"),
        ("TypeError", "'undefined' is not an object (evaluating 'a.b')"),
        ("TypeError", 'can\'t access property "b", a is undefined'),
        ("TypeError", "Unable to get property 'b' of undefined or null reference"),
        ("Error", "Uncaught TypeError: Cannot read properties of null (reading 'b')"),
    ],
    "no function": [
        ("TypeError", "a.b is not a function"),
        ("TypeError", "a.b is not a function. (In 'a.b()', 'a.b' is undefined)"),
        ("TypeError", "'undefined' is not a function (evaluating 'a.b()')"),
        ("TypeError", "Object #<Object> has no method 'b'"),
        ("TypeError", "Object doesn't support property or method 'b'"),
    ],
    "no such variable": [
        ("ReferenceError", "b is not defined"),
        ("ReferenceError", "Can't find variable: b"),
        ("ReferenceError", "'b' is undefined"),
        ("ReferenceError", "Property 'b' doesn't exist"),
    ],
    "recursion": [
        ("RangeError", "Maximum call stack size exceeded"),
        ("RangeError", "Maximum call stack size exceeded."),
        ("InternalError", "too much recursion"),
        ("Error", "Out of stack space"),
    ],
    "no network": [
        ("TypeError", "Failed to fetch"),
        ("TypeError", "NetworkError when attempting to fetch resource."),
        ("TypeError", "Load failed"),
    ],
    "no module": [
        ("TypeError", "Failed to fetch dynamically imported module: https://x.example/a-1.js"),
        ("TypeError", "error loading dynamically imported module: https://x.example/a-2.js"),
        ("TypeError", "Importing a module script failed."),
    ],
    "bad JSON": [
        ("SyntaxError", "Unexpected token < in JSON at position 0"),
        ("SyntaxError", "Unexpected token '<', \"<!DOCTYPE \"... is not valid JSON"),
        ("SyntaxError", "JSON.parse: unexpected character at line 1 column 1 of the JSON data"),
        ("SyntaxError", "JSON Parse error: Unrecognized token '<'"),
    ],
    "constant": [
        ("TypeError", "Assignment to constant variable."),
        ("TypeError", "invalid assignment to const 'b'"),
        ("TypeError", "Attempted to assign to readonly property."),
    ],
}


@pytest.mark.parametrize("meaning", SAME)
def test_engines_say_the_same_in_their_words(meaning):
    assert len({said(*each) for each in SAME[meaning]}) == 1


def test_different_failures_stay_apart():
    assert len({said(*each[0]) for each in SAME.values()}) == len(SAME)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (
            "Cannot read properties of undefined (reading 'a')",
            "undefined is not an object (evaluating 'x.b')",
        ),
        ("a is not a function", "b is not a function"),
        ("a is not defined", "Can't find variable: b"),
    ],
)
def test_another_name_is_another_failure(one, other):
    assert said("TypeError", one) != said("TypeError", other)


def test_what_no_engine_says_stays():
    assert said("OrderError", "no tea") == ("OrderError", "no tea")


def test_without_a_stack_the_engines_agree_on_the_issue():
    keys = {
        key(event(failure(*each), platform="javascript")) for each in SAME["reading of nothing"]
    }

    assert len(keys) == 1
