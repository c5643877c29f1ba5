import pytest

from core.alerts.endless import endless


@pytest.mark.parametrize(
    "pattern",
    [
        "(a+)+$",
        "(a*)*b",
        "(?:a|a)*c",
        "(?P<name>a?)+",
        "((a)+)+",
        "(x(a{2,}))*",
        "([a-z]+){2,}",
        "(?x)(a+) +",
        "(?i-x:a)",
        "(a+(?#[))+]",
        "(a+|b)+?",
    ],
)
def test_what_repeats_what_repeats_may_take_forever(pattern):
    assert endless(pattern)


@pytest.mark.parametrize(
    "pattern",
    [
        "high|critical",
        "check.*",
        "(prod|stage)-.*",
        ".*(eu|us).*",
        "(ab)+",
        r"(\(+\)|x)?",
        "[(+)*|]+",
        "([]+*]x)+",
        r"(\++)",
        "(?i)cart.*",
        "(a+)?",
        "a{2,5}",
        ")",
    ],
)
def test_what_people_write_does_not(pattern):
    assert not endless(pattern)
