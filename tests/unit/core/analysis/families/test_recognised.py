"""What is true of all families."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from config.recovery import policies
from core.analysis.families import FAMILIES, GENERAL, recast
from core.analysis.proposal import Advice, usual
from core.errors import Category
from tests.unit.core.analysis.builders import classified, event, failure
from tests.unit.core.analysis.families.facts import found, taken

ALL = (*FAMILIES, GENERAL)
KINDS = [(family, kind) for family in ALL for kind in family.kinds]
HOPEFUL = {Advice.RETRY, Advice.WAIT, Advice.THROTTLE, Advice.CIRCUIT_BREAK}
NAMES = [f"{family.name}.{kind.name}" for family, kind in KINDS]


def test_families_have_names_of_their_own():
    assert len({family.name for family in ALL}) == len(ALL)
    assert len({family.prefix for family in ALL}) == len(ALL)


def test_codes_are_words_and_unique():
    codes = [family.code(kind) for family, kind in KINDS]

    assert len(set(codes)) == len(codes)
    assert all(re.fullmatch(r"[A-Z]{2,5}(-[A-Z]+)+", code) for code in codes)


@pytest.mark.parametrize(("family", "kind"), KINDS, ids=NAMES)
def test_every_kind_is_answerable_and_says_what_it_is(family, kind):
    assert 400 <= kind.status <= 599 or kind.severity == "info"
    assert kind.about.endswith(".")


@pytest.mark.parametrize(("family", "kind"), KINDS, ids=NAMES)
def test_what_does_not_pass_is_never_tried_again(family, kind):
    assert kind.never not in HOPEFUL


@pytest.mark.parametrize("family", ALL, ids=lambda family: family.name)
def test_words_are_in_lower_case_and_signs_are_not_shared(family):
    for sign in ("codes", "types", "vague"):
        signs = [each for kind in family.kinds for each in getattr(kind, sign)]
        assert len(set(signs)) == len(signs)
    assert all(word == word.lower() for kind in family.kinds for word in kind.words)


@pytest.mark.parametrize("category", Category)
def test_what_is_usual_is_what_the_shipped_policies_say(category):
    policy = policies().of(category)

    assert usual(category, transient=True) == policy.transient.value
    assert usual(category, transient=False) == policy.permanent.value


def test_what_no_family_takes_is_general():
    told = found("KeyError", "", "x")

    assert (told.family, told.kind, told.code, told.context) == ("general", "bug", "ERR-BUG", ())


def test_the_more_special_family_wins():
    assert taken("RateLimitError", "openai", "too many requests")[0] == "generation"
    assert taken("OperationalError", "psycopg", "connection refused")[0] == "database"


@given(
    st.text(max_size=300),
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=20),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=9), inner),
        max_leaves=8,
    ),
)
def test_any_event_has_a_kind(message, odd):
    told = found("Boom", "psycopg", message, extra=odd, contexts=odd, tags=odd, request=odd)

    assert told.code.startswith("DB-")


def test_another_category_brings_its_own_kind_and_code():
    before = classified(event(failure("OperationalError", "x", module="psycopg", code="40P01")))

    assert (before.family, before.kind) == ("database", "deadlock")
    told = recast(before, Category.TIMEOUT)
    assert told.category is Category.TIMEOUT
    assert told.kind != "deadlock"
    assert told.code.partition("-")[2] == told.kind.upper().replace("_", "-")


def test_a_category_that_the_family_does_not_know_is_of_no_family():
    before = classified(event(failure("OperationalError", "x", module="psycopg", code="40P01")))
    of_database = next(each for each in FAMILIES if each.name == before.family).kinds
    strange = next(each for each in Category if of_database.of_category(each) is None)

    told = recast(before, strange)
    assert (told.family, told.kind) == (GENERAL.name, strange.value)
