from tests.chaos import backups


# What is refused, and how, is told by the tests of the command line.
def test_a_small_drill_keeps_every_promise(tmp_path):
    found = backups.run(tmp_path, 2_000, refusals=False)
    assert [name for name, kept in found["promises"].items() if not kept] == []
    assert found["events_saved"] >= 2_000
