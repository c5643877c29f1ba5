"""How long certificates of real servers are good."""

from datetime import UTC, datetime

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Sink

from core.outbound.certificates import SMTP, Place, good_until
from core.outbound.http import OutboundError
from tests.certificates import context, serving

LONG_AGO, OVER = datetime(2020, 1, 1, tzinfo=UTC), datetime(2021, 1, 1, tzinfo=UTC)


@pytest.fixture
def secured(tmp_path):
    return context(tmp_path, begins=LONG_AGO, ends=OVER)


class Mail(Controller):
    def _trigger_server(self):
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


def test_one_that_is_over_and_that_nobody_signed_is_told(secured):
    with serving(secured) as port:
        assert good_until(Place("127.0.0.1", port), timeout=2) == OVER


def test_a_mail_server_is_asked_after_its_greeting(secured):
    server = Mail(Sink(), hostname="127.0.0.1", port=0, tls_context=secured)
    server.start()
    try:
        place = Place("127.0.0.1", server.port, SMTP)
        assert good_until(place, timeout=2) == OVER
    finally:
        server.stop()


def test_who_speaks_no_tls_has_none():
    with serving(None) as port, pytest.raises(OutboundError, match="showed no certificate"):
        good_until(Place("127.0.0.1", port), timeout=2)


@pytest.mark.parametrize("host", ["mail..example", f"{'x' * 64}.example"])
def test_what_can_be_no_name_of_a_host_has_none(host):
    with pytest.raises(OutboundError, match="showed no certificate"):
        good_until(Place(host), timeout=2)
