import pytest

from core.analysis.rules import RulesError
from core.grouping import rulebook
from core.grouping.rulebook import RulesNotFoundError
from tests.integration.core.rows import NOW

ONE = "[[grouping]]\nname = 'one'\nmatch.type = 'x'\nignore = true\n"
TWO = ONE.replace("one", "two")


def put(session, project_id, content, author="me"):
    return rulebook.put(session, project_id, content, author=author, now=NOW)


def test_every_version_is_kept_with_its_author(session, project_id):
    put(session, project_id, ONE)
    put(session, project_id, TWO, "you")
    rulebook.remove(session, project_id, author="me", now=NOW)
    found = [(v.version, v.author, v.content) for v in rulebook.history(session, project_id)]
    assert found == [(3, "me", ""), (2, "you", TWO), (1, "me", ONE)]
    assert rulebook.version(session, project_id, 2).content == TWO
    assert not rulebook.rules(session, project_id)


def test_the_newest_holds(session, project_id):
    assert not rulebook.rules(session, project_id)
    put(session, project_id, ONE)
    put(session, project_id, TWO)
    found = rulebook.rules(session, project_id)
    assert ([rule.name for rule in found.grouping], found.version) == (["two"], 2)


def test_the_same_again_is_no_new_version(session, project_id):
    put(session, project_id, ONE)
    assert put(session, project_id, ONE, "you").author == "me"


def test_what_is_wrong_is_refused_and_changes_nothing(session, project_id):
    with pytest.raises(RulesError, match="line 3"):
        put(session, project_id, ONE.replace("match.type", "match.typ"))
    assert rulebook.history(session, project_id) == []


def test_what_is_not_there_is_named(session, project_id):
    for number in (None, 5):
        with pytest.raises(RulesNotFoundError):
            rulebook.version(session, project_id, number)
    with pytest.raises(RulesNotFoundError):
        rulebook.remove(session, project_id, author="me", now=NOW)
