"""A word that no row can have is a mistake of who asks, and no empty list."""

import pytest


@pytest.mark.parametrize(
    "asked",
    [
        "alerts?state=fireing",
        "alerts?severity=hihg",
        "recoveries?state=recoverd",
        "deadletters?state=opened",
        "issues?status=resolvd",
        "breakers?state=opened",
    ],
)
def test_a_word_that_there_is_not_is_refused(reader, asked):
    answer = reader.get(f"/api/v1/{asked}")
    assert answer.status_code == 422
    assert asked.partition("?")[2].partition("=")[0] in answer.text
