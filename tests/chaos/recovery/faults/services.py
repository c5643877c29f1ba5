"""Faults of a service that the shop asks over HTTP."""

import threading
import time
from itertools import pairwise

from tests.chaos.recovery.caller import ServiceError
from tests.chaos.recovery.dependency import Dependency
from tests.chaos.recovery.fault import fault
from tests.chaos.recovery.shop import fetch

SERVICES = "services"


def scripted(name, *answers):
    """The service answers so, and then it is well."""

    def listed(act):
        @fault(name, family=SERVICES)
        def course(ground):
            component = name.replace(" ", "-")
            path, port = f"/{component}", ground.dependency.port
            ground.dependency.script(path, *answers)
            yield ground.caller.work(component, act.__name__, lambda: act(port, path))
            if isinstance(answers[0], tuple):
                _waited(ground.dependency.calls[path], float(answers[0][1]["retry-after"]))

        return course

    return listed


def _waited(moments, least):
    spans = [later - earlier for earlier, later in pairwise(moments)]
    assert min(spans) >= least, f"asked again after {spans} s"


TOLD_TO_WAIT = (429, {"retry-after": "2"})


@scripted("too many requests", TOLD_TO_WAIT, TOLD_TO_WAIT)
def stock(port, path):
    fetch(port, path)


@scripted("burst of 503", 503, 503, 503)
def price(port, path):
    fetch(port, path)


@scripted("maintenance", (503, {"retry-after": "3"}))
def address(port, path):
    fetch(port, path)


@scripted("bad gateway", 502, 502)
def delivery(port, path):
    fetch(port, path)


@scripted("gateway timeout", 504)
def taxes(port, path):
    fetch(port, path)


@scripted("burst of 500", 500, 500)
def rating(port, path):
    fetch(port, path)


@scripted("slow service", 3.0, 3.0)
def pictures(port, path):
    fetch(port, path, timeout=0.5)


@fault(
    "service moved",
    family=SERVICES,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/service-moved" }
hold = 2
[[rule]]
name = "it lives elsewhere"
match.category = "routing_stale"
strategies = ["failover", "escalate"]
""",
)
def service_moved(ground):
    """The first place says that it is not meant any more; the shop asks where a switch says."""
    with Dependency() as second:
        ground.dependency.always("/search", 421)
        places = {"first": ground.dependency.port, "second": second.port}

        def search():
            fetch(places[ground.switches.get("shop.search", "first")], "/search")

        ground.shop.ways["service-moved"] = search
        yield ground.caller.once("service-moved", "search", search)
        search()


@fault(
    "service down for long",
    family=SERVICES,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/service-down-for-long" }
hold = 2
[[rule]]
name = "do without"
match.category = "unavailable"
strategies = ["fallback", "escalate"]
""",
)
def service_down(ground):
    """It stays down; the shop does without its advice once a switch says so."""
    ground.dependency.always("/advice", 503)

    def advise():
        if not ground.switches.get("service-down-for-long.fallback"):
            fetch(ground.dependency.port, "/advice")

    ground.shop.ways["service-down-for-long"] = advise
    yield ground.caller.work("service-down-for-long", "advise", advise)


@fault(
    "service overloaded",
    family=SERVICES,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/service-overloaded" }
hold = 2
[[rule]]
name = "leave it in peace"
match.category = "unavailable"
strategies = ["circuit_break", "escalate"]
[use.circuit_break]
action = "breaker"
target = "component:{component}"
arguments = { seconds = 4 }
""",
)
def service_overloaded(ground):
    """It comes back only when nobody asks for two seconds; the shop asks the breaker before."""
    overload = _Overload()
    ground.dependency.always("/overloaded", overload)

    def ask():
        if ground.acquire("service-overloaded"):
            fetch(ground.dependency.port, "/overloaded")
        elif overload.rested:
            return

    ground.shop.ways["service-overloaded"] = overload.look
    end = threading.Event()
    crowd = threading.Thread(target=_ask_on, args=(ground, end))
    crowd.start()
    try:
        yield ground.caller.once("service-overloaded", "ask", ask)
    finally:
        end.set()
        crowd.join()
    assert overload.rested, "it was never left in peace"


class _Overload:
    """503 until there were two seconds without a call."""

    def __init__(self):
        self.rested = False
        self._last = time.monotonic()

    def __call__(self):
        now = time.monotonic()
        self.rested = self.rested or now - self._last >= 2
        self._last = now
        return 200 if self.rested else 503

    def look(self):
        if not self.rested and time.monotonic() - self._last < 2:
            raise ConnectionError("still overloaded")


def _ask_on(ground, end):
    while not end.wait(0.2):
        if not ground.acquire("service-overloaded"):
            continue
        try:
            fetch(ground.dependency.port, "/overloaded")
        except ServiceError:
            continue
