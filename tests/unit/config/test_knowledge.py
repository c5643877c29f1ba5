import pytest

from config.knowledge import knowledge, knowledge_from
from core.errors import Category, ConfigurationError

TABLES = {
    "categories": {"timeout": {"transient": True, "severity": "medium"}},
    "codes": {"http": {"408": "timeout", "598": "timeout-"}, "errno_numbers": {"110": "ETIMEDOUT"}},
    "libraries": [{"name": "x", "modules": ["x"], "types": {"timeout?": ["Slow"]}}],
    "names": [{"category": "timeout", "phrases": ["slow"]}],
    "messages": [
        {"category": "timeout", "confidence": 0.6, "phrases": ["a … b"]},
        {"category": "timeout", "confidence": 0.9, "phrases": ["c"], "transient": False},
    ],
}


def test_own_tables_load_once():
    assert knowledge() is knowledge()
    assert set(knowledge().severities) == set(Category)


def test_marks_override_the_category():
    codes = knowledge_from(**TABLES).codes["http"]

    assert codes["408"].transient
    assert not codes["598"].transient


def test_a_question_mark_lowers_confidence():
    (rule,) = knowledge_from(**TABLES).types["Slow"]

    assert rule.verdict.confidence == 0.5


def test_messages_are_sorted_the_surest_first():
    first, second = knowledge_from(**TABLES).messages

    assert (first.verdict.confidence, first.verdict.transient) == (0.9, False)
    assert second.phrases == (("a", "b"),)


def test_numbers_lead_to_names():
    assert knowledge_from(**TABLES).errno_names == {"110": "ETIMEDOUT"}


def test_an_unknown_category_is_refused():
    with pytest.raises(ConfigurationError, match="'sloth' is no category"):
        knowledge_from(
            **{**TABLES, "categories": {"sloth": {"transient": True, "severity": "low"}}}
        )
