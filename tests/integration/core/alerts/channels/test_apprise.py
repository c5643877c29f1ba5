import json
from dataclasses import replace

import pytest

from core.alerts.channel import NoticeKind, TransportError
from core.alerts.channels.apprise import Apprise
from core.alerts.sample import sample

# Of a part of apprise, on the Pythons that still have what it looks for.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")


def at(sink, rest=""):
    return Apprise(name="others", address=f"json://127.0.0.1:{sink.port}/told{rest}")


def test_it_tells_title_and_text(sink):
    at(sink).send(replace(sample(), url="http://m"), timeout=2)
    body = json.loads(sink.received[0].body)
    assert body["title"] == "This is a test of Mendline"
    assert "somebody tries" in body["message"]
    assert body["type"] == "warning"


def test_an_end_is_good_news(sink):
    at(sink, "?overflow=upstream").send(sample(NoticeKind.RESOLVE), timeout=2)
    assert json.loads(sink.received[0].body)["type"] == "success"


def test_a_failure_is_tried_again_and_nothing_secret_is_logged(sink, capfd):
    sink.answers = [(500, {}, b"broken")]
    with pytest.raises(TransportError, match="could not tell JSON") as raised:
        at(sink, "?+X-Key=hunter22").send(sample(), timeout=2)
    assert not raised.value.permanent
    assert "500" in raised.value.excerpt
    assert "hunter22" not in "".join(capfd.readouterr()) + raised.value.excerpt


def test_an_address_that_means_nothing_is_not_tried_again():
    with pytest.raises(TransportError, match="does not know") as raised:
        Apprise(name="others", address="nothing://there").send(sample(), timeout=2)
    assert raised.value.permanent
