"""Shapes of messages: what differs in values only is the same, what differs in meaning is not."""

from itertools import combinations

import pytest

from core.analysis.template import normalise
from tests.unit.core.analysis.template.blocks import blocks

SAME = blocks("same.txt")
APART = blocks("apart.txt")


@pytest.mark.parametrize("messages", SAME, ids=lambda block: block[0][:40])
def test_other_values_have_the_same_template(messages):
    templates = {message: normalise(message) for message in messages}
    assert set(templates.values()) == {normalise(messages[0])}, templates


@pytest.mark.parametrize("messages", APART, ids=lambda block: block[0][:40])
def test_other_meanings_have_other_templates(messages):
    for one, other in combinations(messages, 2):
        assert normalise(one) != normalise(other)


def test_shapes_do_not_share_templates():
    templates = [normalise(block[0]) for block in SAME]
    assert len(set(templates)) == len(templates)


def test_there_are_enough_shapes():
    assert len(SAME) + len(APART) >= 200
    assert all(len(block) > 1 for block in [*SAME, *APART][:-1])
