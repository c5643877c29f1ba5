from core.alerts.rule import fill


def test_names_in_braces_are_filled_in():
    assert fill("{value} of {component}: {other} {}", {"value": "5 %", "component": "shop"}) == (
        "5 % of shop: {other} {}"
    )


def test_what_is_filled_in_stays_as_it_is():
    facts = {"component": "{why}{host}", "host": "{why}", "value": "1", "why": "{value}"}
    assert fill("{component}: {why}", facts) == "{why}{host}: {value}"
