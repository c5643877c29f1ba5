import pytest

from core.analysis import analyse
from core.analysis.rules import checked
from core.errors import Category
from tests.unit.core.analysis.builders import KNOWLEDGE, event, failure, frame

CART = event(
    failure("KeyError", "no such item", frame("add", "shop/cart.py", module="shop.cart")),
    failure("CartError", "cart 5 is broken", frame("total", "C:\\shop\\cart.py"), module="shop"),
    level="error",
    release="shop@2.1",
    environment="production",
    logger="shop.log",
    transaction="/cart",
    tags={"region": "eu-west", "component": "cart"},
)


def grouped(rules, raw=CART):
    return analyse(raw, KNOWLEDGE, checked(rules))


def rule(match, effect="title = 'matched'"):
    return f"[[grouping]]\nname = 'r'\n{match}\n{effect}"


def matches(match, raw=CART):
    return grouped(rule(match), raw).ruled.grouping == "r"


@pytest.mark.parametrize(
    "match",
    [
        "match.type = 'CartError'",
        "match.type = 'shop.CartError'",
        "match.type = 'keyerror'",
        "match.message = 'cart ? is*'",
        "match.message = '*such*'",
        "match.module = 'shop.*'",
        "match.path = '*/shop/cart.py'",
        "match.path = 'C:\\shop\\*'",
        "match.function = 'total'",
        "match.tag.region = ['us-*', 'eu-*']",
        "match.release = 'shop@*'",
        "match.environment = 'production'",
        "match.level = 'error'",
        "match.platform = 'python'",
        "match.logger = 'shop.*'",
        "match.transaction = '/cart'",
        "match.component = 'cart'",
        "match.category = ['bug', 'not_found', 'other_*', 'unknown', 'validation']",
        "match.family = '*'",
        "match.type = '!Payment*'",
        "match.tag.colour = '!*'",
        "match.type = ['Cart*', '!CartWarning']\nmatch.level = 'error'",
    ],
)
def test_what_matches(match):
    assert matches(match)


@pytest.mark.parametrize(
    "match",
    [
        "match.type = 'Cart'",
        "match.type = ['*', '!KeyError']",
        "match.tag.region = 'us-*'",
        "match.tag.colour = '*'",
        "match.tag.region = '!*'",
        "match.type = 'CartError'\nmatch.level = 'warning'",
    ],
)
def test_what_does_not(match):
    assert not matches(match)


def test_an_event_of_any_shape_can_be_asked_for_every_field():
    fields = ["type", "message", "module", "path", "function", "release", "environment", "level"]
    fields += ["platform", "logger", "transaction", "component", "category", "family", "tag.x"]
    for raw in ({}, {"message": "hello"}, {"exception": 5, "tags": [1, ["x", "y"]]}):
        for field in fields:
            matches(f"match.{field} = '*'", raw)


def test_a_rule_gives_another_fingerprint():
    with_rule = grouped(rule("match.type = 'KeyError'", "fingerprint = ['cart', '{{ level }}']"))
    client = analyse({**CART, "fingerprint": ["cart", "error"]}, KNOWLEDGE)
    assert with_rule.grouping.issue_key == client.grouping.issue_key
    assert with_rule.grouping.mechanism == "fingerprint"
    assert with_rule.grouping.why == ("fingerprint: cart", "fingerprint: error")
    assert with_rule.ruled.keyed


def test_the_default_in_a_rule_is_what_would_have_been_without_it():
    effect = "fingerprint = ['{{ default }}', '{{ tags.region }}']"
    plain = grouped(rule("match.type = '*'", effect))
    custom = grouped(rule("match.type = '*'", effect), {**CART, "fingerprint": ["mine"]})
    assert custom.grouping.why == ("fingerprint: mine", "fingerprint: eu-west")
    assert plain.grouping.why == (*grouped("").grouping.why, "fingerprint: eu-west")


def test_a_title_leaves_the_key_alone():
    effect = "title = '[{{ tags.region }}] {{ title }} ({{ message }})'"
    found = grouped(rule("match.type = '*'", effect))
    assert found.grouping.title == ("[eu-west] CartError: cart 5 is broken (cart 5 is broken)")
    assert found.grouping.issue_key == grouped("").grouping.issue_key
    assert (found.ruled.titled, found.ruled.keyed) == (True, False)


def test_what_is_ignored_is_kept_apart():
    found = grouped(rule("match.environment = 'production'", "ignore = true"))
    assert found.ruled.ignored
    assert found.grouping.issue_key != grouped("").grouping.issue_key
    assert found.grouping.why == (*grouped("").grouping.why, "ignored: by a rule")


def test_the_first_rule_that_matches_decides():
    both = rule("match.type = '*'") + "\n[[grouping]]\nname='s'\nmatch.level='error'\nignore=true"
    found = grouped(both)
    assert (found.ruled.grouping, found.ruled.ignored) == ("r", False)


CLASSIFIED = "[[classification]]\nname = 'c'\nmatch.type = 'CartError'\n"


def test_a_category_brings_what_usually_goes_with_it():
    found = grouped(CLASSIFIED + "category = 'timeout'").classification
    assert (found.category, found.transient, found.severity) == (
        Category.TIMEOUT,
        True,
        KNOWLEDGE.severities[Category.TIMEOUT],
    )
    assert (found.rule, found.confidence) == ("rule:c", 1.0)


def test_transience_and_severity_can_be_said_alone():
    before = grouped("").classification
    found = grouped(CLASSIFIED + "transient = true\nseverity = 'critical'").classification
    assert (found.category, found.transient, found.severity) == (before.category, True, "critical")


def test_what_is_proposed_goes_with_the_category():
    said = [CLASSIFIED + f"category = '{name}'" for name in ("validation", "timeout")]
    first, second = (grouped(text).classification.proposal for text in said)
    assert first.action != second.action


def test_grouping_sees_the_category_that_a_rule_gave():
    text = CLASSIFIED + "category = 'timeout'\n" + rule("match.category = 'timeout'")
    found = grouped(text)
    assert (found.ruled.classification, found.ruled.grouping) == ("c", "r")


def test_without_a_match_nothing_changes():
    found = grouped(rule("match.type = 'Other'"))
    assert found.grouping == grouped("").grouping
    assert not found.ruled.grouping
