from core.store.bands import ENDS, band, is_critical


def test_every_priority_has_its_band():
    assert [band(priority) for priority in range(10)] == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3]


def test_what_strangers_send_belongs_to_the_nearest():
    assert (band(-4), band(250)) == (0, 3)


def test_only_the_first_band_is_critical():
    assert [is_critical(last) for last in ENDS] == [True, False, False, False]
