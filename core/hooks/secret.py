"""The secret of a hook is made when it is needed, so that no row holds it."""

import base64
import hashlib
import hmac
import secrets

from core.outbound.signing import PREFIX


def new_salt() -> str:
    return secrets.token_hex(16)


def secret_of(seal: bytes, salt: str) -> str:
    """As Standard Webhooks write it. With another secret of the platform it is another one."""
    made = hmac.new(seal, b"hook:" + salt.encode(), hashlib.sha256).digest()
    return PREFIX + base64.b64encode(made).decode()
