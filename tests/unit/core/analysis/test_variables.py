import pytest

from tests.unit.core.analysis.builders import event, failure, frame, grouped, key

BASE = event(
    failure("KeyError", "user 5", frame("look", "shop/cart.py", package="/lib/libshop-1.2.so")),
    transaction="/cart",
    level="error",
    logger="shop",
    release="shop@1",
    environment="test",
    tags={"Region": "eu", "type": "mine"},
)
OTHER = event(failure("ValueError", "user 5", frame("go")))
DEFAULT = ["{{default}}", "{{ default }}", "{{  default\t}}", "{{ Default }}", "{{ 'default' }}"]
DEFAULT += [
    '{{ "default" }}',
    '"{{ default }}"',
    "'{{default}}'",
    "  {{ default }} ",
    "{{\ndefault }}",
]


def why(*given, raw=BASE):
    return grouped({**raw, "fingerprint": list(given)}).why


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("{{ type }}", "KeyError"),
        ("{{ error.type }}", "KeyError"),
        ("{{ error.value }}", "user <n>"),
        ("{{ message }}", "user <n>"),
        ("{{ function }}", "look"),
        ("{{ stack.function }}", "look"),
        ("{{ stack.module }}", "shop/cart.py"),
        ("{{ stack.abs_path }}", "shop/cart.py"),
        ("{{ package }}", "libshop.so"),
        ("{{ stack.package }}", "libshop.so"),
        ("{{ transaction }}", "/cart"),
        ("{{ level }}", "error"),
        ("{{ logger }}", "shop"),
        ("{{ release }}", "shop@1"),
        ("{{ environment }}", "test"),
        ("{{ tags.Region }}", "eu"),
        ("{{ tag.Region }}", "eu"),
        ('{{ tags["Region"] }}', "eu"),
        ("{{ Region }}", "eu"),
        ("{{ tags.type }}", "mine"),
        ("{{ tags.colour }}", "{{ tags.colour }}"),
        ("{{Nonsense}}", "{{ Nonsense }}"),
        ("{{ not a variable }}", "{{ not a variable }}"),
        ("{{ type", "{{ type"),
    ],
)
def test_what_each_variable_stands_for(variable, value):
    assert why(variable) == (f"fingerprint: {value}",)
    assert why(f"a {variable} b") == (f"fingerprint: a {value} b",)


@pytest.mark.parametrize("written", DEFAULT)
def test_however_the_default_is_written_it_is_the_same(written):
    assert key({**BASE, "fingerprint": [written]}) == key(BASE)
    hybrid = {**BASE, "fingerprint": [written, "eu"]}
    assert key(hybrid) == key({**BASE, "fingerprint": ["{{ default }}", "eu"]})


@pytest.mark.parametrize(
    "given",
    [
        ["{{ default }}", "eu"],
        ["eu", "{{ default }}"],
        ["a", "{{ default }}", "b"],
        ["{{ default }}", "x", "{{ default }}"],
        ["eu {{ default }}"],
        ["{{ default }}-{{ default }}"],
        ["{{ default }}", "{{ tags.Region }}"],
    ],
)
def test_a_hybrid_parts_both_by_the_default_and_by_the_rest(given):
    mine = key({**BASE, "fingerprint": given})
    changed = [each.replace("eu", "us").replace("x", "y").replace("b", "c") for each in given]
    assert mine == key({**BASE, "fingerprint": list(given)})
    assert mine != key(BASE)
    assert mine != key({**OTHER, "fingerprint": given})
    if changed != given:
        assert mine != key({**BASE, "fingerprint": changed})


def test_a_hybrid_says_all_its_parts():
    assert why("{{ default }}", "eu") == (*grouped(BASE).why, "fingerprint: eu")


@pytest.mark.parametrize("given", [[""], [" ", ""], ["{{ dist }}"], [None], ["{{ default }}", ""]])
def test_a_fingerprint_without_content_changes_nothing(given):
    assert grouped({**BASE, "fingerprint": given}) == grouped(BASE)


def test_what_is_no_text_counts_as_text():
    assert why(5, True) == ("fingerprint: 5", "fingerprint: True")
