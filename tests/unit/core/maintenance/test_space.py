from datetime import date, timedelta

from core.maintenance.space.plan import Budgets, Crop, DaySize, Level, expired, next_crop, over

TODAY = date(2026, 3, 1)
NONE = {"of": {}, "days": {}}


def size(ago, project=1, taken=100, level=Level.WHOLE):
    return DaySize(TODAY - timedelta(days=ago), project, taken, level)


def test_without_a_budget_nothing_is_too_much():
    assert over([size(1), size(2)], Budgets(**NONE)) == {}


def test_a_project_has_its_own_budget_or_that_of_all():
    sizes = [size(1, 1, 300), size(1, 2, 300), size(2, 2, 300)]
    budgets = Budgets(each=250, of={2: 500}, days={})
    assert over(sizes, budgets) == {1: 50, 2: 100}


def test_what_all_have_too_many_is_the_largest_ones():
    sizes = [size(1, 1, 300), size(1, 2, 500)]
    assert over(sizes, Budgets(total=700, **NONE)) == {2: 100}
    assert over(sizes, Budgets(total=700, of={2: 400}, days={})) == {2: 100}


def test_noise_of_all_days_goes_before_repeats_of_the_oldest():
    sizes = [size(3, level=Level.NOISE), size(2)]
    crop = next_crop(sizes, {1}, today=TODAY, tried=[])
    assert crop == Crop(TODAY - timedelta(days=2), {1: Level.NOISE})


def test_of_one_level_the_oldest_day_goes_first():
    crop = next_crop([size(2), size(5), size(3)], {1}, today=TODAY, tried=[])
    assert crop == Crop(TODAY - timedelta(days=5), {1: Level.NOISE})


def test_today_and_other_projects_are_left_alone():
    assert next_crop([size(0), size(2, project=2)], {1}, today=TODAY, tried=[]) is None


def test_a_day_that_was_held_is_not_tried_again_in_the_same_run():
    first = next_crop([size(2), size(3)], {1}, today=TODAY, tried=[])
    second = next_crop([size(2), size(3)], {1}, today=TODAY, tried=[first])
    assert second == Crop(TODAY - timedelta(days=2), {1: Level.NOISE})


def test_in_the_end_there_is_nothing_left_to_take():
    assert next_crop([size(2, level=Level.KEPT)], {1}, today=TODAY, tried=[]) is None


def test_a_project_may_keep_fewer_days_than_others():
    sizes = [size(9), size(8, project=2), size(3)]
    found = expired(sizes, Budgets(of={}, days={1: 7}), TODAY)
    assert found == [Crop(TODAY - timedelta(days=9), {1: Level.KEPT})]
