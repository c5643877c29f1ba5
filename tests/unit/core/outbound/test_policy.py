from ipaddress import ip_address

import pytest

from core.errors import ConfigurationError
from core.outbound.policy import OutboundPolicy

NOTHING = OutboundPolicy()


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1",
        "10.1.2.3",
        "172.16.0.1",
        "192.168.1.1",
        "100.64.0.1",
        "169.254.1.1",
        "0.0.0.0",
        "224.0.0.1",
        "239.1.1.1",
        "240.0.0.1",
        "255.255.255.255",
        "198.18.0.1",
        "::1",
        "::",
        "fe80::1",
        "fc00::1",
        "ff02::1",
        "::ffff:10.0.0.1",
        "::ffff:127.0.0.1",
        "64:ff9b::7f00:1",
        "64:ff9b:1::1",
        "2002:7f00:1::",
        "2002:a00:1::1",
    ],
)
def test_what_is_not_public_is_refused(address):
    assert not NOTHING.permits(ip_address(address))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "2606:4700::1111", "64:ff9b::808:808", "::ffff:8.8.8.8"]
)
def test_what_is_public_is_permitted(address):
    assert NOTHING.permits(ip_address(address))


def test_a_network_opens_what_is_in_it_and_nothing_else():
    policy = OutboundPolicy.of(["10.0.0.0/8", "fd12::/16"])
    assert policy.permits(ip_address("10.9.9.9"))
    assert policy.permits(ip_address("::ffff:10.9.9.9"))
    assert policy.permits(ip_address("fd12::5"))
    assert not policy.permits(ip_address("192.168.0.1"))


def test_a_name_opens_the_address_it_is_looked_up_to():
    policy = OutboundPolicy.of(["Checkout.Internal."])
    assert policy.permits(ip_address("10.9.9.9"), "checkout.internal")
    assert not policy.permits(ip_address("10.9.9.9"), "orders.internal")
    assert not policy.permits(ip_address("10.9.9.9"))


@pytest.mark.parametrize(
    ("address", "range_"),
    [("169.254.169.254", "169.254.0.0/16"), ("168.63.129.16", "0.0.0.0/0")],
)
def test_credentials_of_clouds_are_opened_by_their_own_address_only(address, range_):
    found = ip_address(address)
    assert not NOTHING.permits(found)
    assert not OutboundPolicy.of([range_]).permits(found)
    assert not OutboundPolicy.of(["metadata.internal"]).permits(found, "metadata.internal")
    assert OutboundPolicy.of([address]).permits(found)


def test_a_zone_does_not_open_credentials_of_clouds():
    policy = OutboundPolicy.of(["fd00::/8"])
    assert policy.permits(ip_address("fd00::5%1"))
    assert not policy.permits(ip_address("fd00:ec2::254%1"))


@pytest.mark.parametrize("wrong", ["10.0.0.1/8", "10.0.0.0/33", ""])
def test_what_is_no_network_is_refused(wrong):
    with pytest.raises(ConfigurationError, match="neither an address"):
        OutboundPolicy.of([wrong])
