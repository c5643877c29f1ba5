from dataclasses import replace

import pytest

from core.alerts.sample import sample
from core.alerts.snapshot import read, written
from core.alerts.template import LONGEST, TemplateError, Wording, problem, rendered, worded

NOTICE = sample()


def test_a_template_names_what_is_told():
    names = "{% for each in firing %}{{ each.labels.component }}{% endfor %}"
    source = "[{{ severity|upper }}] {{ title }}: " + names
    assert rendered(source, NOTICE) == "[INFO] This is a test of Mendline: mendline"


def test_a_channel_has_its_own_words():
    told = worded(NOTICE, Wording(title="{{ alerts|length }} alert", text=None))
    assert (told.title, told.summary) == ("1 alert", NOTICE.summary)
    assert told.webhook_id == NOTICE.webhook_id


def test_a_wrong_template_never_keeps_an_alarm_back():
    told = worded(NOTICE, Wording(title="{{ labels.nothing }}", text="{{ 1 / 0 }}"))
    assert told == NOTICE


@pytest.mark.parametrize(
    "source",
    [
        "{% if labels.team is defined %}for {{ labels.team }}{% endif %}",
        "{{ title|dictsort }}",
        "{% macro again() %}{{ again() }}{% endmacro %}{{ again() }}",
    ],
)
def test_what_leaves_no_words_at_all_never_keeps_an_alarm_back(source):
    assert worded(NOTICE, Wording(title=source, text=source)) == NOTICE


def test_a_template_knows_how_many_are_not_among_the_alerts():
    many = replace(NOTICE, alerts=NOTICE.alerts * 150)
    assert rendered("{{ truncated }}", many) == "50"
    assert rendered("{{ truncated }}", read(written(many))) == "50"


@pytest.mark.parametrize(
    "source",
    [
        "{{ nothing }}",
        "{{ title.__class__.__mro__ }}",
        "{{ ''.__class__.__base__.__subclasses__() }}",
        "{% for i in range(9) %}{% endfor %}",
        "{{ alerts.append(1) }}",
        "{% include '/etc/passwd' %}",
        "{{ 'x'|nothing }}",
        "{{ 1 + title }}",
    ],
)
def test_a_template_reaches_nothing_else(source):
    with pytest.raises(TemplateError):
        rendered(source, NOTICE)


def test_what_a_template_makes_has_an_end():
    many = replace(NOTICE, alerts=NOTICE.alerts * 100)
    loops = "{% for a in alerts %}" * 3 + "{{ summary }}" + "{% endfor %}" * 3
    assert len(rendered(loops, many)) <= LONGEST


def test_values_are_text_and_no_templates():
    tricky = replace(NOTICE, summary="{{ 7 * 7 }}")
    assert rendered("{{ summary }}", tricky) == "{{ 7 * 7 }}"


def test_what_is_wrong_with_a_template_is_told_before_it_is_used():
    assert "cannot be read" in problem("{% for %}")
    assert "longer" in problem("x" * 9_000)
    assert problem("{{ labels.team }}") is None
