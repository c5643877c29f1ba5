import pytest

from core.analysis.languages.ruby import label, own, parse
from tests.unit.core.analysis.builders import call
from tests.unit.core.analysis.languages.samples import sample


@pytest.mark.parametrize(
    ("function", "bare"),
    [
        ("total", "total"),
        ("block in total", "total"),
        ("rescue in block (2 levels) in total", "total"),
        ("Cart#total", "total"),
        ("Cart.total", "total"),
        ("_app_views_cart_html_erb___3817263_70213", "_app_views_cart_html_erb"),
    ],
)
def test_blocks_and_templates_belong_to_their_method(function, bare):
    assert label(call(function, file="app/cart.rb")) == f"cart.rb:{bare}"


def test_gems_are_foreign():
    assert own(call("f", file="app/cart.rb"))
    assert not own(call("f", file="/usr/local/bundle/gems/rails-7/x.rb"))


def test_the_first_line_names_the_error():
    (found,) = parse(sample("ruby"))

    assert found.type == "NoMethodError"
    assert [frame.function for frame in found.frames] == ["create", "block in call", "total"]
