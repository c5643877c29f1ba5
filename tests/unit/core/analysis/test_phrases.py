import pytest

from core.analysis.phrases import Namebook, Phrasebook, PhraseRule
from core.analysis.verdict import Verdict
from core.errors import Category


def rule(*phrases, category=Category.TIMEOUT, transient=True, sure=0.7, name="x", unless=()):
    parts = tuple(tuple(phrase.split(" … ")) for phrase in phrases)
    return PhraseRule(parts, Verdict(category, transient, sure, name), unless)


def told(book, text):
    found = book.find(text)
    return found.rule if found else None


@pytest.mark.parametrize(
    ("message", "rule_found"),
    [
        ("It timed out.", 'x "timed out"'),
        ("TIMED OUT", 'x "timed out"'),
        ("timed\nout", 'x "timed out"'),
        ("(timed out)", 'x "timed out"'),
        ("untimed outing", None),
        ("", None),
    ],
)
def test_a_phrase_begins_where_a_word_begins(message, rule_found):
    assert told(Phrasebook([rule("timed out")]), message) == rule_found


def test_typographic_apostrophes_are_read_as_plain_ones():
    assert told(Phrasebook([rule("can't open")]), "can\u2019t open it")


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("login failed for x due to timeout", True),
        ("timeout, login failed", False),
        ("login failed", False),
    ],
)
def test_parts_of_a_phrase_stand_in_order(message, found):
    assert bool(Phrasebook([rule("login failed … timeout")]).find(message)) is found


def test_the_surest_rule_decides_of_equals_the_first():
    book = Phrasebook(
        [rule("aaaa", sure=0.5, name="low"), rule("bbbb", name="b"), rule("cccc", name="c")]
    )

    assert told(book, "aaaa cccc bbbb") == 'b "bbbb"'


@pytest.mark.parametrize(
    ("message", "found"),
    [
        ("Please try again.", True),
        ("Fix the name and try again.", False),
        ("Fix the name. Or try again.", True),
        ("Try again. Fix the name.", True),
    ],
)
def test_a_rule_is_taken_back_in_the_same_sentence_only(message, found):
    assert bool(Phrasebook([rule("try again", unless=("fix the",))]).find(message)) is found


def test_advice_takes_the_category_of_what_was_said():
    book = Phrasebook(
        [
            rule("retry the", category=Category.OTHER_TRANSIENT, sure=0.9),
            rule("is missing", category=Category.NOT_FOUND, transient=False, sure=0.8),
            rule("deadlock", category=Category.CONCURRENCY, sure=0.6, name="y"),
        ]
    )
    found = book.find("A row is missing after a deadlock; retry the transaction")

    assert found == (Category.CONCURRENCY, True, 0.9, 'y "deadlock"')


def test_advice_alone_stands_for_itself():
    book = Phrasebook([rule("retry the", category=Category.OTHER_TRANSIENT)])

    assert book.find("retry the call").category is Category.OTHER_TRANSIENT


def test_only_the_beginning_of_a_long_message_is_read():
    assert Phrasebook([rule("timed out")]).find("x " * 600 + "timed out") is None


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("ThrottlingException", 'x "throttl"'),
        ("RequestThrottled", 'x "throttl"'),
        ("PoolTimeout", 'y "pool timeout"'),
        ("pool_timeout_reached", 'y "pool timeout"'),
        ("UserPoolTimeoutsList", None),
        ("Unthrottled", None),
        ("", None),
    ],
)
def test_words_of_names(name, found):
    book = Namebook([rule("throttl*"), rule("pool timeout", name="y")])

    assert told(book, name) == found


def test_of_names_the_first_rule_decides():
    book = Namebook([rule("invalid*", name="first"), rule("timeout", name="second")])

    assert told(book, "TimeoutInvalid") == 'first "invalid"'
