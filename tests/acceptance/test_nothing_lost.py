"""Everything is killed in random order under load; what was answered with 200 is stored once."""

from tests.acceptance.platform import running
from tests.chaos import drill


def test_what_was_accepted_is_stored_exactly_once(tmp_path):
    with running(tmp_path / "data", measured=False) as platform:
        outcome = drill.run(platform, seconds=9, rate=60, pause=1.0)
    assert outcome.accepted > 0
    assert outcome.hits
    assert outcome.lost == []
    assert outcome.doubled == []
    assert outcome.doctor == 0
    books = outcome.books
    assert books["received"] == books["accepted"] + books["skipped"] + sum(
        books["rejected"].values()
    )
    assert books["accepted"] == books["stored"] + books["duplicates"] + books["pending"]
