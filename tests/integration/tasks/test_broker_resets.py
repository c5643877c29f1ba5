"""A broker whose connections are reset, open ones and new ones: told, and nothing else."""

from urllib.parse import urlsplit

import pytest

from core.errors import BrokerUnavailableError
from core.work.sender import WorkMessage
from tasks.app import Application
from tasks.configuration import celery_settings
from tasks.sender import CelerySender
from tests.chaos.proxy import Proxy

ROUNDS = 12
MESSAGE = WorkMessage(1, "t.do", "alerts", 5, "work-1-1", {})


@pytest.fixture
def proxy(environment):
    address = urlsplit(environment["MENDLINE_REDIS_URL"])
    with Proxy(address.hostname, address.port) as proxy:
        yield proxy


@pytest.fixture
def behind(sender, environment, proxy):
    """A sender whose broker is behind the proxy."""
    address = urlsplit(environment["MENDLINE_REDIS_URL"])
    application = Application("behind", set_as_current=False)
    application.add_defaults(lambda: celery_settings(sender._app.settings))
    host = address.netloc.replace(f":{address.port}", f":{proxy.port}")
    application.conf.broker_url = f"redis://{host}{address.path}"
    yield CelerySender(application)
    application.close()


def told_or_done(call):
    try:
        call()
    except BrokerUnavailableError:
        return "told"
    return "done"


def test_resets_are_told_and_passed_over(behind, proxy):
    outcomes = set()
    for _ in range(ROUNDS):
        proxy.reset(0.5)
        outcomes.add(told_or_done(lambda: behind.depth("alerts")))
        outcomes.add(told_or_done(lambda: behind.send(MESSAGE)))
    assert outcomes == {"told", "done"}
    proxy.heal()
    behind.send(MESSAGE)
    assert behind.depth("alerts") > 0
