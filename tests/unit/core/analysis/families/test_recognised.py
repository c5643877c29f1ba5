"""What is true of all families."""

from core.analysis.families import FAMILIES, GENERAL
from tests.unit.core.analysis.families.facts import taken


def test_families_have_names_of_their_own():
    names = [family.name for family in FAMILIES]

    assert len(set(names)) == len(names)
    assert GENERAL not in names


def test_what_no_family_takes_is_general():
    assert taken("KeyError", "", "x") == (GENERAL, {})


def test_the_more_special_family_wins():
    assert taken("RateLimitError", "openai", "too many requests")[0] == "generation"
    assert taken("OperationalError", "psycopg", "connection refused")[0] == "database"
