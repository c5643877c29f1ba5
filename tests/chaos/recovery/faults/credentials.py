"""Credentials that end and can be had anew."""

import uuid

from tests.chaos.recovery.fault import fault
from tests.chaos.recovery.shop import fetch

CREDENTIALS = "credentials"
REFRESH = """
[verification]
probe = "http"
arguments = { url = "SHOP/health/COMPONENT" }
hold = 2
[[rule]]
name = "a new one is had for the asking"
match.category = "auth"
strategies = ["fallback", "escalate"]
[use.fallback]
action = "webhook"
target = "component:{component}"
arguments = { webhook = "shop", type = "token.refresh" }
"""


class TokenExpiredError(Exception):
    """The shop's own client of the bank says so from the answer 401."""

    http_status = 401


@fault("token expired", family=CREDENTIALS, policy=REFRESH)
def token_expired(ground):
    """The platform asks the shop to have a new one, by a signed message."""
    wallet = {"token": "of yesterday"}

    def refresh(_data):
        wallet["token"] = uuid.uuid4().hex
        ground.dependency.tokens.add(wallet["token"])

    def pay():
        bearer = {"authorization": f"Bearer {wallet['token']}"}
        try:
            fetch(ground.dependency.port, "/protected/bank", headers=bearer)
        except Exception as error:
            raise TokenExpiredError(f"token expired: {error}") from error

    ground.shop.ways["token-expired"] = pay
    ground.shop.on_message["token.refresh"] = refresh
    yield ground.caller.once("token-expired", "pay", pay)
    pay()
