import pytest

from config.knowledge import added_tables, knowledge, knowledge_from
from core.errors import Category, ConfigurationError

OWN = {
    "own.toml": {
        "categories": {
            "timeout": {"transient": True, "severity": "medium"},
            "bug": {"transient": False, "severity": "high"},
        },
        "codes": {"http": {"timeout": "408 504", "timeout-": "598"}},
        "numbers": {"errno": "110:ETIMEDOUT 111:ECONNREFUSED"},
        "library": [{"name": "x", "modules": "x.y z", "types": {"timeout?": "Slow", "bug": "Odd"}}],
        "name": [{"category": "timeout", "phrases": "slow\ntook*"}],
        "message": [
            {"category": "timeout", "confidence": 0.6, "phrases": "aaaa … b"},
            {"category": "timeout", "confidence": 0.9, "phrases": "cccc", "transient": False},
        ],
    }
}


def with_tables(**sections):
    return knowledge_from({"own.toml": {**OWN["own.toml"], **sections}}, {})


def test_own_tables_load_once():
    assert knowledge() is knowledge()
    assert set(knowledge().severities) == set(Category)


def test_marks_override_the_category():
    codes = knowledge_from(OWN, {}).codes["http"]

    assert codes["504"].transient
    assert not codes["598"].transient


def test_a_question_mark_lowers_confidence():
    types = knowledge_from(OWN, {}).types

    assert types["Slow"][0].verdict.confidence == 0.5
    assert types["Odd"][0].modules == ("x.y", "z")


def test_messages_are_sorted_the_surest_first():
    first, second = knowledge_from(OWN, {}).messages.rules

    assert (first.verdict.confidence, first.verdict.transient) == (0.9, False)
    assert second.phrases == (("aaaa", "b"),)


def test_numbers_lead_to_names():
    assert knowledge_from(OWN, {}).aliases["errno"]["111"] == "ECONNREFUSED"


def test_the_categories_that_pass_by_themselves():
    assert knowledge_from(OWN, {}).transients == {Category.TIMEOUT}


def test_what_is_added_decides():
    added = {
        "mine.toml": {
            "categories": {"bug": {"severity": "critical"}},
            "codes": {"http": {"bug": "504"}},
            "library": [{"name": "mine", "modules": "x.y", "types": {"bug": "Slow"}}],
        }
    }
    known = knowledge_from(OWN, added)

    assert known.codes["http"]["504"].category is Category.BUG
    assert known.codes["http"]["408"].category is Category.TIMEOUT
    assert [rule.verdict.rule for rule in known.types["Slow"]] == ["type:mine", "type:x"]
    assert known.severities[Category.BUG] == "critical"


def test_a_directory_adds_its_tables(tmp_path):
    (tmp_path / "classification_shop.toml").write_text('[codes.shop]\nbug = "E1 E2"\n')
    (tmp_path / "other.toml").write_text("not ours")
    known = knowledge(tmp_path)

    assert known.codes["shop"]["E2"].category is Category.BUG
    assert known.codes["http"]["503"].transient


def test_without_a_directory_nothing_is_added():
    assert added_tables(None) == {}


def test_a_directory_that_is_missing_is_an_error(tmp_path):
    with pytest.raises(ConfigurationError, match="is no directory of knowledge"):
        knowledge_from({}, added_tables(tmp_path / "away"))


def test_a_file_that_is_not_toml_is_named(tmp_path):
    (tmp_path / "classification.toml").write_text("[codes")

    with pytest.raises(ConfigurationError, match=r"classification\.toml is not TOML"):
        added_tables(tmp_path)


def test_a_file_that_is_not_text_is_an_error(tmp_path):
    (tmp_path / "classification.toml").write_bytes(b"\xff\xfe")

    with pytest.raises(ConfigurationError, match="Cannot read"):
        added_tables(tmp_path)


@pytest.mark.parametrize(
    ("sections", "why"),
    [
        ({"coeds": {}}, r"own\.toml, \[coeds\]: no such section"),
        ({"categories": {"sloth": {}}}, r"\[categories\.sloth\]: 'sloth' is no category"),
        ({"categories": {"bug": {"severity": "loud"}}}, "'loud' is no severity"),
        ({"categories": {"bug": {"transient": "no"}}}, "transient is true or false"),
        ({"categories": {"bug": {"status": "500"}}}, "status is an HTTP status, a number"),
        ({"categories": {"bug": {"colour": "red"}}}, "does not know colour"),
        ({"codes": {"http": {"tiemout": "408"}}}, r"\[codes\.http\]: 'tiemout' is no category"),
        ({"codes": {"http": {"bug": "408", "timeout": "408"}}}, "408 is listed twice"),
        ({"codes": {"http": {"bug": 408}}}, "needs bug, a text"),
        ({"codes": {"http": "408"}}, r"\[codes\.http\]: is not a table"),
        ({"numbers": {"errno": "110"}}, "'110' is not of the form number:name"),
        ({"library": {"name": "x"}}, r"write it as \[\[library\]\]"),
        ({"library": [{"name": "x", "types": {}}]}, r"\[\[library\]\] 1: needs modules, a text"),
        (
            {"library": [{"name": "x", "modules": "x", "types": {"bug": "A", "timeout": "A"}}]},
            r"\[\[library\]\] 1, x: A is listed twice",
        ),
        ({"name": [{"category": "bug", "phrases": "a*"}]}, "needs lower case and 3 letters"),
        ({"name": [{"category": "bug", "phrases": "Nil"}]}, "needs lower case and 3 letters"),
        ({"message": [{"category": "bug", "phrases": "ab … c"}]}, "4 letters before a gap"),
        ({"message": [{"category": "bug", "phrases": ["nope"]}]}, "needs phrases, a text"),
        ({"message": [{"phrases": "nope"}]}, r"\[\[message\]\] 1: needs category, a text"),
        (
            {"message": [{"category": "bug", "phrases": "nope", "confidence": 2}]},
            "confidence is a number above 0, at most 1",
        ),
        ({"message": [{"category": "bug", "phrases": "nope", "unles": "x"}]}, "know unles"),
    ],
)
def test_an_entry_that_is_wrong_is_named(sections, why):
    with pytest.raises(ConfigurationError, match=why):
        with_tables(**sections)
