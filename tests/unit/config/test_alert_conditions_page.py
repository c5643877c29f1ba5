import re
from pathlib import Path

import pytest

from config.alerts import read_text

PAGES = Path(__file__).parents[3] / "docs/howto"


def blocks(page):
    return re.findall(r"```yaml\n(.*?)```", (PAGES / page).read_text("utf-8"), re.DOTALL)


BLOCKS = blocks("alert-conditions.md")


@pytest.mark.parametrize("written", [*BLOCKS, *blocks("gauges.md")])
def test_the_rules_of_the_pages_can_be_used(written):
    found = read_text(written)
    assert found.problems == ()
    assert found.rules


def test_the_page_has_rules_of_all_three():
    kinds = {each.rule.measure.kind for written in BLOCKS for each in read_text(written).rules}
    assert kinds == {"anomaly", "burn_rate", "forecast"}
