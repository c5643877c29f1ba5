import pytest

from core.maintenance.patterns import mine
from tests.integration.cli.conftest import NOW


@pytest.fixture
def mined(database, make_issue):
    for title in ("failed for user bob", "failed for user eve", "disk full"):
        make_issue(title=title)
    mine(database, NOW)


def test_the_list_shows_what_issues_share(ask, mined):
    found = ask("pattern", "list", "--project", "shop", "--query", "failed")

    assert [(row["template"], row["issue_count"]) for row in found] == [("failed for user <*>", 2)]


def test_show_tells_the_issues(ask, mined):
    (row,) = ask("pattern", "list", "--query", "disk")
    found = ask("pattern", "show", row["id"])

    assert [issue["title"] for issue in found["issues"]] == ["disk full"]
    assert found["sample"] == "disk full"


def test_a_pattern_that_is_not_there(run):
    result = run("pattern", "show", 1)

    assert (result.exit_code, "ML-REF-0026" in result.stderr) == (1, True)
