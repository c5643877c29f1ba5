from datetime import UTC, datetime, timedelta

import pytest

from core.errors import ConfigurationError
from core.outbound.signing import genuine, new_secret, signed

# The example of the specification.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
MESSAGE = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)


def test_the_signature_is_the_one_of_the_specification():
    headers = signed(MESSAGE, BODY, at=AT, secrets=[SECRET])
    assert headers == {
        "webhook-id": MESSAGE,
        "webhook-timestamp": "1614265330",
        "webhook-signature": "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE=",
    }


def test_while_secrets_change_either_of_them_is_enough():
    old, new = new_secret(), new_secret()
    headers = signed(MESSAGE, BODY, at=AT, secrets=[new, old])
    assert genuine(headers, BODY, secret=old, now=AT)
    assert genuine(headers, BODY, secret=new, now=AT)
    assert not genuine(headers, BODY, secret=new_secret(), now=AT)


def test_another_body_another_id_and_an_old_message_are_not_genuine():
    headers = signed(MESSAGE, BODY, at=AT, secrets=[SECRET])
    assert genuine(headers, BODY, secret=SECRET, now=AT + timedelta(minutes=4))
    assert not genuine(headers, BODY + b" ", secret=SECRET, now=AT)
    assert not genuine(headers | {"webhook-id": "msg_other"}, BODY, secret=SECRET, now=AT)
    assert not genuine(headers, BODY, secret=SECRET, now=AT + timedelta(minutes=6))
    assert not genuine({}, BODY, secret=SECRET, now=AT)


@pytest.mark.parametrize("wrong", ["whsec_short", "whsec_ä", "whsec_" + "A" * 96])
def test_a_secret_that_is_none_is_refused(wrong):
    with pytest.raises(ConfigurationError):
        signed(MESSAGE, BODY, at=AT, secrets=[wrong])
