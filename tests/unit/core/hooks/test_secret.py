from core.hooks.secret import new_salt, secret_of
from core.outbound.signing import key


def test_a_secret_is_the_same_whenever_it_is_made():
    salt = new_salt()

    assert secret_of(b"seal", salt) == secret_of(b"seal", salt)
    assert len(key(secret_of(b"seal", salt))) == 32


def test_each_hook_and_each_platform_has_its_own():
    one, other = new_salt(), new_salt()

    assert len({secret_of(b"a", one), secret_of(b"a", other), secret_of(b"b", one)}) == 3
