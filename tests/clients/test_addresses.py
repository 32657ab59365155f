"""Which addresses a project may name."""

from ipaddress import ip_network

import pytest

from clients.addresses import (
    ANYWHERE,
    AddressPolicy,
    AddressRefusedError,
    UnknownHostError,
    system_resolver,
)

PRIVATE = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",  # noqa: S104  # an address to be refused
    "10.0.0.1",
    "172.16.0.1",
    "192.168.1.1",
    "169.254.169.254",
    "169.254.1.1",
    "100.64.0.1",
    "100.100.100.200",
    "192.0.0.1",
    "198.18.0.1",
    "224.0.0.1",
    "240.0.0.1",
    "255.255.255.255",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "2002:7f00:1::",
    "64:ff9b::7f00:1",
    "64:ff9b::a9fe:a9fe",
]


def _policy(*addresses: str, also: tuple[str, ...] = ()) -> AddressPolicy:
    networks = tuple(map(ip_network, also))
    return AddressPolicy(public_only=True, also=networks, resolver=lambda _host, _port: list(addresses))


@pytest.mark.parametrize("address", PRIVATE)
def test_what_is_not_public_is_refused(address: str) -> None:
    with pytest.raises(AddressRefusedError):
        _policy(address).addresses("innocent.example", 443)


@pytest.mark.parametrize("address", ["1.1.1.1", "8.8.8.8", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_what_is_public_is_allowed(address: str) -> None:
    assert _policy(address).addresses("example.com", 443) == [address]


def test_one_private_address_spoils_the_host() -> None:
    with pytest.raises(AddressRefusedError):
        _policy("8.8.8.8", "10.0.0.1").addresses("example.com", 443)


def test_an_operator_may_allow_a_network_but_never_the_metadata() -> None:
    assert _policy("10.1.2.3", also=("10.1.0.0/16",)).addresses("minio.house", 9000) == ["10.1.2.3"]
    with pytest.raises(AddressRefusedError):
        _policy("169.254.169.254", also=("169.254.0.0/16",)).addresses("x", 80)


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost", "2130706433", "0x7f.1", "[::1]", "127.1"])
def test_however_a_loopback_is_written_the_system_knows_it(host: str) -> None:
    policy = AddressPolicy(public_only=True)
    with pytest.raises((AddressRefusedError, UnknownHostError)):
        policy.addresses(host, 80)


def test_on_ones_own_machine_everything_is_allowed() -> None:
    assert ANYWHERE.addresses("127.0.0.1", 80) == ["127.0.0.1"]


def test_a_name_without_an_address() -> None:
    with pytest.raises(UnknownHostError):
        system_resolver("a" * 64 + ".invalid", 80)
