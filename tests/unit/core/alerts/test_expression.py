import pytest

from core.alerts.expression import bounded, expression
from core.alerts.matcher import Matcher
from core.errors import UnprocessableError

LONG = 200_000


@pytest.mark.parametrize(
    ("written", "text", "fits"),
    [
        ("", "", True),
        ("a|b", "b", True),
        ("a|b", "ab", False),
        ("api-.*", "api-1\n", False),
        ("(?s)api-.*", "api-1\n", True),
        ("(?i)API", "api", True),
        ("Größe|支付", "支付", True),
        (r"[^\d]+", "abc", True),
        ("(?P<name>x)y", "xy", True),
    ],
)
def test_the_whole_of_a_text_fits_or_not(written, text, fits):
    assert bool(bounded(written).fullmatch(text)) is fits
    assert Matcher.of("name", "=~", written).fits({"name": text}) is fits
    assert Matcher.of("name", "!~", written).fits({"name": text}) is not fits


@pytest.mark.parametrize(
    "written", ["(a+)+", "(a|a)*", "(.*a){12}", ".*a.*a.*a.*a.*x", "(a?){500}b"]
)
def test_many_ways_through_a_long_text_take_no_time(written):
    """Hours, if one were tried after another."""
    assert not bounded(written).fullmatch("a" * LONG + "!")


@pytest.mark.parametrize("written", [r"(a)\1", "(?!b)a.*", "a(?<!b)a", "a++"])
def test_what_only_python_has_is_not_for_requests(written):
    with pytest.raises(UnprocessableError, match="of RE2"):
        Matcher.asked(f'name=~"{written}"'.replace("\\", "\\\\"))
    assert expression(written).fullmatch("aa")


@pytest.mark.parametrize("written", ["(", "[a", "a{2}{3}{", "*"])
def test_what_is_no_expression_is_refused(written):
    for made in (bounded, expression):
        with pytest.raises(UnprocessableError, match="is no regular expression"):
            made(written)
