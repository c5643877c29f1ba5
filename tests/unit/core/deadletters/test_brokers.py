import pytest

from core.deadletters.brokers import address, broker_name
from core.errors import UnprocessableError

DECLARED = {"shop": "redis://:secret@broker.example:6379/4", "bank": "amqp://u:p@mq.example/bank"}


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("shop", "shop"),
        ("redis://:other@broker.example:6379/4", "shop"),
        ("redis://broker.example:6379/4?socket_timeout=3", "shop"),
        ("amqp://someone:else@mq.example/bank", "bank"),
        ("redis://:pw@other.example/0", "redis://other.example/0"),
        ("later", "later"),
    ],
)
def test_a_name_or_an_address_without_its_password(told, name):
    assert broker_name(told, DECLARED) == name


@pytest.mark.parametrize("told", ["file:///etc/passwd", "http://a/", "redis://h:port/0", "://"])
def test_what_is_no_broker_is_refused(told):
    with pytest.raises(UnprocessableError):
        broker_name(told, DECLARED)


def test_no_address_holds_a_password():
    assert all(
        "secret" not in address(url) and "u:p" not in address(url) for url in DECLARED.values()
    )
