import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.analysis.result import Severity
from core.analysis.rules import RulesError, checked, read
from core.errors import Category

GOOD = """
[[grouping]]
name = "payments"
match.type = ["Pay*", "!PayLater"]
match.tag.region = "eu*"
fingerprint = ["{{ default }}", "{{ tags.provider }}"]
title = "Payment: {{ title }}"

[[classification]]
name = "slow bank"
match = { message = "*try later*" }
category = "unavailable"
transient = true
severity = "low"
"""


def found(text):
    return [(problem.line, problem.what) for problem in read(text).problems]


def test_a_file_without_mistakes():
    rules = checked(GOOD, version=3)
    (grouping,), (classification,) = rules.grouping, rules.classification
    assert (rules.version, read(GOOD).problems) == (3, ())
    assert [(c.field, c.wanted, c.unwanted) for c in grouping.conditions] == [
        ("type", ("Pay*",), ("PayLater",)),
        ("tag.region", ("eu*",), ()),
    ]
    assert (classification.category, classification.severity) == (
        Category.UNAVAILABLE,
        Severity.LOW,
    )


@pytest.mark.parametrize(
    "written",
    ["match.tag.region", "match.tags.region", 'match."tag.region"', "match = { tag.region"],
)
def test_a_tag_may_be_written_in_several_ways(written):
    end = ' = "eu" }' if "{" in written else ' = "eu"'
    rules = checked(f'[[grouping]]\nname = "x"\nignore = true\n{written}{end}')
    assert rules.grouping[0].conditions[0].field == "tag.region"


def test_the_name_of_a_tag_may_hold_dots():
    rules = checked('[[grouping]]\nname = "x"\nignore = true\nmatch.tag.device.family = "x*"')
    assert rules.grouping[0].conditions[0].field == "tag.device.family"


BAD = {
    "[[grouping]\n": (1, "This is not TOML"),
    "\n[[grupping]]\nname = 'x'": (2, "This is unknown."),
    "grouping = 5": (1, "This is not a list of tables."),
    "[[grouping]]\nmatch.type = 'x'\nignore = true": (1, "It has no name."),
    "[[grouping]]\nname = 'x'\nignore = true": (1, "It matches nothing in particular."),
    "[[grouping]]\nname = 'x'\nmatch.type = 'x'": (1, "It has no effect."),
    "[[grouping]]\nname = 'x'\nignore = true\nmatch.typ = 'x'": (4, "An event has no field 'typ'."),
    "[[grouping]]\nname = 'x'\nmatch.type = 'x'\n\nignore = 'yes'": (5, "'ignore' is 'yes'."),
    "[[grouping]]\nname='x'\nignore=true\nmatch.type = ''": (4, "'type' holds ''"),
    "[[grouping]]\nname='x'\nignore=true\nmatch.type = []": (4, "'type' has 0 values."),
    "[[grouping]]\nname='x'\nignore=true\nmatch.type = '!'": (4, "'!' alone excludes nothing."),
    "[[grouping]]\nname='x'\nignore=true\nmatch.tag = 'x'": (4, "Which tag?"),
    "[[grouping]]\nname='x'\nmatch.type='x'\ntitle=''\n": (4, "'title' holds ''"),
    "[[classification]]\nname='x'\nmatch.type='x'\ncategory='timeot'": (4, "'category' is"),
    "[[classification]]\nname='x'\nmatch.type='x'\nseverity=3": (4, "'severity' is 3"),
    "[[classification]]\nname='x'\nmatch.type='x'\ntitle='y'\ntransient=true": (4, "'title' is"),
    '[[grouping]]\nmatch.type="x"\nignore=true\nname="a\\u0000b"': (
        4,
        "A text holds the character",
    ),
    '[[grouping]]\nname="x"\nmatch.type="x"\ntitle = "\\U00000000"': (
        4,
        "A text holds the character",
    ),
    f"[[grouping]]\nname = {'1' * 5_000}": (2, "A number is longer than 64 bits."),
    f"[[grouping]]\nignore = 0x{'f' * 5_000}": (2, "A number is longer than 64 bits."),
    f"[[grouping]]\nmatch.tag.{'a.' * 200}a = 'x'": (1, "It is nested too deeply."),
    f"[[grouping]]\nignore{'.a' * 2_000} = 1": (2, "It is nested too deeply."),
    f"[[grouping]]\nignore = {'{a.b.c = ' * 50}1{'}' * 50}": (1, "It is nested too deeply."),
}


@pytest.mark.parametrize("text", BAD)
def test_each_mistake_is_named_with_its_line(text):
    line, what = BAD[text]
    assert found(text)[0][0] == line
    assert found(text)[0][1].startswith(what)
    assert all(problem.remedy for problem in read(text).problems)
    with pytest.raises(RulesError, match=f"line {line}"):
        checked(text)


def test_one_look_tells_all_mistakes_and_keeps_the_good_rules():
    text = GOOD + "\n[[grouping]]\nname = 'y'\n[[grouping]]\nname = 'z'\nmatch.foo = 'x'\n"
    reading = read(text)
    assert {problem.where for problem in reading.problems} == {"rule 'y'", "rule 'z'"}
    assert [rule.name for rule in reading.rules.grouping] == ["payments"]


def test_a_remedy_guesses_what_was_meant():
    (problem,) = read("[[grouping]]\nname='x'\nignore=true\nmatch.mesage='x'").problems
    assert problem.remedy == "Did you mean 'message'?"


def test_a_name_stands_for_one_rule():
    again = "[[classification]]\nname = 'payments'\nmatch.type = 'x'\ntransient = true\n"
    ((line, what),) = found(GOOD + again)
    assert (line, what) == (GOOD.count("\n") + 2, "The rule of line 2 has the same name.")


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ('[[grouping]]\nname="2"\nmatch = { tag.region="eu*", type=["Pay*", "!PayLater"] }', "It"),
        ('[[grouping]]\nname="2"\nmatch.type="b"\nfingerprint="{{ region }}"', "{{ region }} is"),
        ('[[grouping]]\nname="2"\nmatch.type="b"\nfingerprint="{{ type"', "A variable of"),
    ],
)
def test_what_is_only_odd_is_a_warning(more, what):
    text = GOOD + more + ("\nignore = true" if "fingerprint" not in more else "")
    reading = read(text)
    assert reading.usable
    assert [problem.what.startswith(what) for problem in reading.problems] == [True]


def test_texts_and_comments_are_not_taken_for_rules():
    text = (
        '# [[grouping]]\n[[grouping]] # one\nname = "x"\ntitle = """\n[[grouping]]\nname = 1\n"""\n'
        "ignore = true\nfingerprint = [\n  'a', # ]\n  '[[grouping]]',\n]\nmatch.typ = 'x'\n"
    )
    assert found(text) == [(13, "An event has no field 'typ'.")]


def test_what_is_too_much_is_refused():
    assert found("#" * 300_000)[0][0] == 1
    assert found(f"# so deep\na{'.a' * 100_000} = 1") == [(2, "It is nested too deeply.")]
    rule = "[[grouping]]\nname = 'r{}'\nmatch.type = 't{}'\nignore = true\n"
    many = "".join(rule.format(number, number) for number in range(501))
    assert found(many) == [(2001, "There are 501 rules; 500 are allowed.")]


WORDS = st.sampled_from(["name", "match", "type", "tag", "fingerprint", "title", "ignore", "x"])
VALUES = st.recursive(
    st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(WORDS, inner, max_size=3),
    max_leaves=8,
)


def written(value):
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {written(each)}" for key, each in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    if isinstance(value, bool):
        return str(value).lower()
    return str(value) if isinstance(value, int) else f"'{value}'"


@given(st.lists(st.dictionaries(WORDS, VALUES, max_size=5), max_size=3), st.booleans())
def test_any_file_is_read(tables, grouping):
    kind = "grouping" if grouping else "classification"
    lines = [
        "\n".join([f"[[{kind}]]", *(f"{key} = {written(value)}" for key, value in table.items())])
        for table in tables
    ]
    text = "\n".join(lines)
    reading = read(text)
    count = text.count("\n") + 1
    assert all(1 <= problem.line <= count for problem in reading.problems)


@given(st.text(max_size=200))
def test_any_text_is_read(text):
    reading = read(text)
    try:
        tomllib.loads(text)
    except tomllib.TOMLDecodeError:
        assert not reading.usable
