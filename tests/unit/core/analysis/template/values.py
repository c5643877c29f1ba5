"""Strategies for values of every kind, to be put into sentences."""

from datetime import UTC, datetime, timedelta
from ipaddress import IPv4Address, IPv6Address

from hypothesis import strategies as st

_HEX = "0123456789abcdef"
_BASE62 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"
_FORMATS = (
    "%Y-%m-%d", "%Y-%m-%dT%H:%M:%SZ", "%Y-%m-%d %H:%M:%S.%f+00:00", "%Y-%m-%d %H:%M:%S,123",
    "%d/%b/%Y:%H:%M:%S +0000", "%a, %d %b %Y %H:%M:%S GMT", "%a %b %d %H:%M:%S %Y", "%b %d, %Y",
    "%Y%m%dT%H%M%SZ", "%H:%M:%S", "%d.%m.%Y", "%m/%d/%Y %H:%M:%S", "%A, %d-%b-%y %H:%M:%S UTC",
    "%b %d %H:%M:%S", "%Y/%m/%d %H:%M:%S", "%d %B %Y", "%I:%M %p", "%B %d, %Y at %H:%M",
)  # fmt: skip
_moments = st.integers(0, 4 * 10**9).map(
    lambda seconds: datetime(1971, 1, 1, tzinfo=UTC) + timedelta(seconds=seconds)
)
_digits = st.integers(0, 10**9)


def _hex(*lengths: int) -> st.SearchStrategy[str]:
    return st.one_of([st.text(_HEX, min_size=length, max_size=length) for length in lengths])


def _joined(*parts: st.SearchStrategy[object] | str) -> st.SearchStrategy[str]:
    found = [st.just(part) if isinstance(part, str) else part for part in parts]
    return st.tuples(*found).map(lambda parts: "".join(map(str, parts)))


_word = st.sampled_from(["cart", "user", "shop", "mail", "index", "build", "north"])
_units = st.sampled_from(["s", "ms", "h", " seconds", " minutes", " ms", "µs", " hours", " days"])
_random = st.text(_BASE62, min_size=12, max_size=12).map(
    lambda text: f"{text[:3]}4{text[3:6]}x7{text[6:]}Q9z"
)
VALUES = {
    "n": st.one_of(
        _digits,
        st.integers(-(10**9), -1),
        st.floats(0, 1e6).map(repr),
        st.integers(1_000, 10**9).map("{:,}".format),
        _joined("0x", _hex(1, 4, 8, 16)),
        _hex(8, 12, 16, 24, 32, 40, 64, 128),
        _joined(_digits, "%"),
    ),
    "date": st.tuples(_moments, st.sampled_from(_FORMATS)).map(lambda pair: f"{pair[0]:{pair[1]}}"),
    "duration": st.one_of(
        _joined(_digits, _units),
        st.floats(0.001, 999, allow_nan=False).map("{:.3f}s".format),
        _joined(st.integers(1, 9), "h", st.integers(1, 59), "m", st.integers(1, 59), "s"),
    ),
    "size": _joined(
        st.integers(1, 99999), st.sampled_from([" MB", "KB", "GiB", " bytes", " GB", " kB"])
    ),
    "uuid": st.uuids().map(str) | st.uuids().map(lambda found: str(found).upper()),
    "trace": _joined("00-", _hex(32), "-", _hex(16), "-0", st.sampled_from("01")),
    "ip": st.one_of(
        st.integers(0, 2**32 - 1).map(lambda number: str(IPv4Address(number))),
        st.integers(2**112, 2**128 - 1).map(lambda number: str(IPv6Address(number))),
        _joined("10.0.", st.integers(0, 255), ".7:", st.integers(1, 65_535)),
    ),
    "host": st.one_of(
        _joined(_word, "-", st.integers(0, 99), ".example.com"),
        _joined(_word, ".prod.internal:", st.integers(1, 65_535)),
    ),
    "url": st.one_of(
        _joined("https://", _word, ".example.com/", _word, "/", _digits, "?q=", _word),
        _joined("redis://:", _word, "@10.0.0.", st.integers(0, 255), ":6379/0"),
    ),
    "email": _joined(_word, st.sampled_from("._+-"), _word, "@", _word, ".example.com"),
    "path": st.one_of(
        _joined("/var/lib/", _word, "/", _digits, ".db"),
        _joined("C:\\Users\\", _word, "\\", _digits, ".txt"),
        _joined("src/", _word, "/", _word, ".py"),
        _joined("/tmp/", _hex(8), "/", _word),
    ),
    "version": _joined(st.integers(0, 20), ".", st.integers(0, 99), ".", st.integers(0, 99)),
    "token": st.one_of(
        _joined("eyJhbGciOiJIUzI1NiJ9.", _random, ".", _random), _random, _joined("ghp_", _random)
    ),
}
