import tomllib

from config.categories import categories_page
from config.knowledge import knowledge_from, own_tables
from core.errors import Category

LINES = categories_page().splitlines()


def test_every_category_has_a_row_in_both_tables():
    for category in Category:
        assert sum(line.startswith(f"| `{category}` |") for line in LINES) == 2


def test_a_row_tells_what_the_tables_say():
    (row,) = (line for line in LINES if line.startswith("| `timeout` | The answer"))
    cells = row.strip("| ").split(" | ")

    assert cells[2:5] == ["yes", "medium", "504"]
    assert all(int(cell) > 20 for cell in cells[5:])


def test_examples_say_what_differs_from_the_category():
    (row,) = (line for line in LINES if line.startswith("| `rate_limit` | `http 429`"))

    assert "`insufficient_quota-`" in row


def test_the_example_of_own_tables_can_be_read():
    text = "\n".join(LINES).split("```toml\n")[1].split("```")[0]
    known = knowledge_from(own_tables(), {"mine.toml": tomllib.loads(text)})

    assert known.codes["service"]["TENANT_BUSY"].transient
    assert not known.codes["service"]["TENANT_GIVEN_UP"].transient
    assert known.messages.find("The posting 5 was overtaken").category is Category.CONCURRENCY
    assert known.messages.find("The posting 5 was overtaken for good") is None
