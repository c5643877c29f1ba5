"""Releases and features that turn out to be bad."""

import time

import sentry_sdk

from tests.chaos.recovery.caller import Course
from tests.chaos.recovery.fault import fault

RELEASES = "releases"


@fault(
    "release regression",
    family=RELEASES,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/release-regression" }
hold = 2
[[rule]]
name = "came with the release"
match.new_in_release = true
match.transient = false
strategies = ["rollback", "escalate"]
[use.rollback]
action = "release"
target = "component:{component}"
arguments = { webhook = "shop" }
""",
)
def release_regression(ground):
    """The new release cannot work out a total; the application reports it through sentry-sdk."""
    shop = ground.shop
    shop.releases = ["1.0", "2.0"]

    def total():
        if shop.releases[-1] == "2.0":
            return sum(line["price"] for line in [{"net": 3}])
        return 3

    def back(data):
        assert (data["component"], data["release"]) == ("release-regression", "shop@2.0")
        shop.releases.pop()

    shop.ways["release-regression"] = total
    shop.on_message["release.rollback"] = back
    yield _through_sdk(ground, total)
    assert total() == 3


def _through_sdk(ground, act):
    course = Course("release-regression", time.monotonic())
    client = sentry_sdk.Client(dsn=ground.dsn, release="shop@2.0", default_integrations=False)
    with client, sentry_sdk.new_scope() as scope:
        scope.set_client(client)
        scope.set_tag("component", "release-regression")
        scope.set_context("mendline", {"component": "release-regression"})
        try:
            act()
        except KeyError as error:
            course.began = time.monotonic()
            course.events.append(sentry_sdk.capture_exception(error))
    course.ended = time.monotonic()
    return course


@fault(
    "new feature broken",
    family=RELEASES,
    policy="""
[verification]
probe = "http"
arguments = { url = "SHOP/health/new-feature-broken" }
hold = 2
[[rule]]
name = "the old way still works"
match.category = "bug"
strategies = ["fallback", "escalate"]
[use.fallback]
action = "switch"
target = "component:{component}"
arguments = { switch = "new-prices", value = false }
mode = "auto"
""",
)
def feature_broken(ground):
    """Behind a switch, which the platform turns off."""

    def price():
        if ground.switches.get("new-prices", True):
            return {}["price"]
        return 3

    ground.shop.ways["new-feature-broken"] = price
    yield ground.caller.once("new-feature-broken", "price", price)
    assert price() == 3
