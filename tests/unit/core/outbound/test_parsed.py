import pytest

from core.outbound.http import InvalidAddressError, parsed


@pytest.mark.parametrize(
    "wrong",
    [
        "ftp://example.com/",
        "file:///etc/passwd",
        "gopher://example.com/",
        "//example.com/",
        "http://",
        "http:///path",
        "http://user:word@example.com/",
        "http://user@example.com/",
        "http://example.com:99999/",
        "http://[::1/",
        "http://exa..mple.com/",
        "example.com",
        "http://example.com\\@127.0.0.1/",
    ],
)
def test_only_plain_addresses_are_called(wrong):
    with pytest.raises(InvalidAddressError):
        parsed(wrong)


def test_an_address_is_taken_apart_once():
    url = parsed("HTTPS://Bücher.example/ä b?q=ü&r=%20#part")
    assert (url.scheme, url.host, url.port) == (b"https", b"xn--bcher-kva.example", 443)
    assert url.target == b"/%C3%A4%20b?q=%C3%BC&r=%20"
