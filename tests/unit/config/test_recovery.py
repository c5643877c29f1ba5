import pytest

from config.recovery import policies, policies_from
from core.errors import Category, ConfigurationError

DEFAULT = {
    "transient": "retry", "exhausted": "escalate", "permanent": "fail_fast", "attempts": 3,
    "base": 1, "factor": 2, "cap": 10, "jitter": 0.1, "longest_told": 60,
}  # fmt: skip


def test_own_policies_load():
    assert policies().of(Category.RATE_LIMIT).transient == "wait"


def test_a_category_differs_from_the_default_where_it_says_so():
    found = policies_from({"default": DEFAULT, "policies": {"timeout": {"attempts": 9}}})

    assert found.of(Category.TIMEOUT).retry.attempts == 9
    assert found.of(Category.TIMEOUT).transient == "retry"
    assert found.of(Category.SERVER) == found.default


@pytest.mark.parametrize("wrong", [{"sloth": {}}, {"timeout": {"transient": "dance"}}])
def test_wrong_tables_are_refused(wrong):
    with pytest.raises(ConfigurationError, match="recovery policies are wrong"):
        policies_from({"default": DEFAULT, "policies": wrong})


def test_a_kind_differs_from_its_category():
    found = policies_from(
        {
            "default": DEFAULT,
            "policies": {"timeout": {"attempts": 9}},
            "kinds": {"cache.timeout": {"exhausted": "fallback"}},
        }
    )

    assert found.of(Category.TIMEOUT, "cache.timeout").exhausted == "fallback"
    assert found.of(Category.TIMEOUT, "cache.timeout").retry.attempts == 9
    assert found.of(Category.SERVER, "cache.timeout").retry.attempts == 3
    assert found.of(Category.TIMEOUT, "task.timeout").exhausted == "escalate"


def test_a_kind_that_does_not_exist_is_refused():
    with pytest.raises(ConfigurationError, match=r"there is no kind 'cache\.sloth'"):
        policies_from({"default": DEFAULT, "kinds": {"cache.sloth": {}}})
