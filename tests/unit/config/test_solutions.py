import re

import pytest

from config.checking import checked
from config.solutions import problems, read, solutions
from core.errors import ConfigurationError

GOOD = """
[[solution]]
id = "own"
title = "{host|It} is away"
explanation = "Away."
steps = ["Wait."]
sources = ["https://wiki.example/own"]
when.phrases = ["period … closed"]
when.unless = ["never mind"]
"""


def test_our_own_are_many_and_each_has_a_source():
    listed = solutions()

    assert len(listed) >= 100
    assert len({each.id for each in listed}) == len(listed)
    assert all(each.sources and 1 <= len(each.steps) <= 5 for each in listed)


def test_texts_are_sentences():
    texts = [text for each in solutions() for text in (each.explanation, *each.steps)]

    assert [text for text in texts if not re.search(r"[.?!`]$", text)] == []


def test_an_entry_is_read():
    (found,) = read("own.toml", GOOD)

    assert found.when.phrases == (("period", "closed"),)
    assert found.when.unless == ("never mind",)


def test_ours_of_the_same_name_gives_way(tmp_path):
    (tmp_path / "solutions-shop.toml").write_text(GOOD.replace('"own"', '"deadlock"'))

    found = solutions(tmp_path)

    assert found[0].explanation == "Away."
    assert [each.id for each in found].count("deadlock") == 1
    assert len(found) == len(solutions())


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ('id = "own"', 'id = "My Own"', "small letters"),
        ('title = "{host|It} is away"', "", "needs title"),
        ('steps = ["Wait."]', "steps = []", "needs steps"),
        ('steps = ["Wait."]', "steps = [1]", "steps has something that is no text"),
        ("{host|It}", "{host}", "is not of the form {name|without}"),
        ("https://wiki", "http://wiki", "does not begin with https"),
        ('when.phrases = ["period … closed"]\n', "", "needs when"),
        ("period", "Period", "lower case"),
        ("when.phrases", 'when.kinds = ["database.sloth"]\nwhen.phrases', "database.sloth"),
        ("when.phrases", 'when.categories = ["sloth"]\nwhen.phrases', "'sloth' is no category"),
        ("when.phrases", "when.colour = []\nwhen.phrases", "does not know colour"),
        ("explanation", "wrong = 1\nexplanation", "does not know wrong"),
        ("[[solution]]", "[solution]", "write it as [[solution]]"),
        ("[[solution]]", "other = 1\n[[solution]]", "does not know other"),
        ("[[solution]]", "[[solution", "is not TOML"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(old, new, why):
    text = GOOD.replace(old, new, 1)
    assert text != GOOD

    with pytest.raises(ConfigurationError, match=re.escape(why)) as wrong:
        read("own.toml", text)

    assert "own.toml" in str(wrong.value)


def test_every_wrong_entry_is_named():
    wrong = GOOD.replace("https", "http")

    found = problems("own.toml", wrong + GOOD + GOOD + wrong)

    assert ["[[solution]] 1, own" in found[0], "[[solution]] 3, own" in found[1]] == [True, True]
    assert "its id is taken" in found[1]
    assert len(found) == 3


def test_a_directory_that_is_not_there_is_refused(tmp_path):
    with pytest.raises(ConfigurationError, match="is no directory of knowledge"):
        solutions(tmp_path / "away")


def test_a_directory_is_looked_through_as_a_whole(tmp_path):
    (tmp_path / "solutions.toml").write_text(GOOD.replace("https", "http"))
    (tmp_path / "classification.toml").write_text('[[message]]\ncategory = "sloth"\n')
    (tmp_path / "classification-good.toml").write_text('[codes.service]\nrate_limit = "SLOW"\n')
    (tmp_path / "mine.toml").write_text("")
    (tmp_path / "solutions-odd.toml").write_bytes(b"\xff")

    files, found = checked(tmp_path)

    assert len(files) == 5
    assert [problem for problem in found if "is read by nothing" in problem]
    assert [problem for problem in found if "classification.toml, [[message]] 1" in problem]
    assert [problem for problem in found if "solutions.toml, [[solution]] 1, own" in problem]
    assert [problem for problem in found if "solutions-odd.toml cannot be read" in problem]
    assert len(found) == 4


def test_what_is_no_directory_is_said(tmp_path):
    assert checked(tmp_path / "away")[1] == [f"{tmp_path / 'away'} is no directory."]
