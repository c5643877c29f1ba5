"""Nothing grows for ever: each table says how long its rows live, or why they stay."""

from core.maintenance.lifetimes import LIFETIMES, Aged, Stays, With
from core.maintenance.values import Keeping
from core.model import Base

TABLES = Base.metadata.tables


def test_every_table_has_a_lifetime():
    missing = sorted(set(TABLES) - set(LIFETIMES))
    assert not missing, f"how long do the rows of {missing} live? Say so in LIFETIMES."


def test_every_lifetime_is_of_a_table():
    parts = {n for n, each in LIFETIMES.items() if isinstance(each, Aged) and each.table}
    unknown = sorted(set(LIFETIMES) - set(TABLES) - parts)
    assert not unknown, f"there are no tables {unknown}"


def test_every_period_is_one_that_can_be_set():
    values = Keeping()
    aged = [each for each in LIFETIMES.values() if isinstance(each, Aged)]
    assert all(each.days_in(values) >= 1 for each in aged)


def test_what_goes_with_another_table_really_does():
    for name, each in LIFETIMES.items():
        if isinstance(each, With):
            cascades = {
                k.column.table.name for k in TABLES[name].foreign_keys if k.ondelete == "CASCADE"
            }
            assert each.table in cascades, name


def test_what_stays_says_why():
    assert all(len(each.why) > 10 for each in LIFETIMES.values() if isinstance(each, Stays))
