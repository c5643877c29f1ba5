import pytest
from hypothesis import given
from hypothesis import strategies as st

from web.intake.address import Address, Endpoint, find, masked


@pytest.mark.parametrize("around", ["/{}", "/{}/", "//{}//", "{}"])
@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("api/errors", Address(Endpoint.REPORT)),
        ("api/errors/batch", Address(Endpoint.BATCH)),
        ("k/abc/api/errors", Address(Endpoint.REPORT, key="abc")),
        ("k/abc/api/errors/batch", Address(Endpoint.BATCH, key="abc")),
        ("api/12/envelope", Address(Endpoint.ENVELOPE, project="12")),
        ("api/12/store", Address(Endpoint.STORE, project="12")),
        ("api/v1/components/billing/report", Address(Endpoint.COMPONENT, name="billing")),
        ("api/v1/components/a/b/report", Address(Endpoint.COMPONENT, name="a/b")),
        ("api/v1/breakers/billing/report", Address(Endpoint.BREAKER, name="billing")),
        ("api/v1/breakers/billing/acquire", Address(Endpoint.ACQUIRE, name="billing")),
    ],
)
def test_a_missing_or_an_extra_slash_makes_no_difference(path, address, around):
    assert find(around.format(path)) == address


@pytest.mark.parametrize(
    "path",
    ["/", "", "/api", "/api/v1/issues", "/api/v1/components/report", "/api/v1/components/x",
     "/k/abc", "/k/api/errors", "/k/abc/api/envelope", "/api/1/minidump/", "/errors"],
)  # fmt: skip
def test_other_paths_are_not_ours(path):
    assert find(path) is None


@pytest.mark.parametrize(
    ("path", "shown"),
    [
        ("/k/secret/api/errors", "/k/***/api/errors"),
        ("//k//secret/api/errors/", "//k//***/api/errors/"),
        ("/k/secret", "/k/***"),
        ("/k", "/k"),
        ("/api/1/envelope/", "/api/1/envelope/"),
        ("/", "/"),
    ],
)
def test_keys_in_paths_are_masked(path, shown):
    assert masked(path) == shown


@given(st.text())
def test_any_path_is_read(path):
    find(path)
    masked(path)
