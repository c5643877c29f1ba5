from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as some

from core.maintenance.backup.keeping import Kept, Rule, choose

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DAY = timedelta(days=1)


def nightly(days, *, size=10, proven=True):
    return [Kept(f"b{n:03}", NOON - n * DAY, size, proven) for n in range(days)]


def names(backups):
    return [each.name for each in backups]


def test_a_year_of_nights_leaves_days_weeks_and_months():
    kept = choose(nightly(365), Rule(last=1, daily=7, weekly=4, monthly=12)).keep
    assert names(kept)[:7] == [f"b{n:03}" for n in range(7)]
    assert len(kept) == 7 + 3 + 10  # the newest week and two months are among the days and weeks
    assert len({(each.taken_at.year, each.taken_at.month) for each in kept}) == 12


def test_of_one_day_the_last_proven_one_stays():
    early = Kept("early", NOON - timedelta(hours=3), 1, proven=True)
    late = Kept("late", NOON - timedelta(hours=1), 1, proven=False)
    newest = Kept("newest", NOON + DAY, 1, proven=True)
    chosen = choose([early, late, newest], Rule(last=1, daily=2, weekly=0, monthly=0))
    assert names(chosen.keep) == ["newest", "early"]


def test_the_budget_removes_the_oldest_first():
    chosen = choose(nightly(5), Rule(most_bytes=25))
    assert names(chosen.keep) == ["b000", "b001"]
    assert names(chosen.remove) == ["b002", "b003", "b004"]


def test_the_newest_and_the_newest_proven_stay_whatever_they_weigh():
    broken = [Kept(f"n{n}", NOON - n * DAY, 100, proven=False) for n in range(3)]
    proven = Kept("proven", NOON - 9 * DAY, 100, proven=True)
    chosen = choose([*broken, proven], Rule(most_bytes=1))
    assert names(chosen.keep) == ["n0", "proven"]


def test_nothing_of_nothing():
    assert choose([], Rule()).keep == ()


@given(
    some.lists(some.tuples(some.integers(0, 900), some.integers(0, 99), some.booleans())),
    some.integers(0, 200),
)
def test_each_backup_is_kept_or_removed_and_a_proven_one_stays(made, budget):
    backups = [
        Kept(str(n), NOON - age * timedelta(hours=9), size, proven)
        for n, (age, size, proven) in enumerate(made)
    ]
    chosen = choose(backups, Rule(most_bytes=budget))
    assert sorted(names(chosen.keep) + names(chosen.remove)) == sorted(names(backups))
    assert any(b.proven for b in backups) == any(b.proven for b in chosen.keep)
