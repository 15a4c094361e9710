"""What backends.addresses promises, by netifaces on Linux, by netlink on Linux, and by netlink's fake."""

import pytest

from backends.addresses import Addresses, InterfaceAddress, installed_netifaces
from backends.errors import MechanismError, Missing
from tests.backend_contract.conftest import MemoryKernel
from tests.netlab.namespace import Namespace

WANTED = {
    "lo": [InterfaceAddress(4, "127.0.0.1", 8), InterfaceAddress(6, "::1", 128)],
    "a": [
        InterfaceAddress(4, "192.0.2.1", 24),
        InterfaceAddress(4, "198.51.100.1", 32),
        InterfaceAddress(6, "2001:db8::1", 64),
    ],
    "b": [],
}

ASK = """
import json, sys
from backends.addresses import Addresses, installed_netifaces
from backends.netlink import Netlink
netifaces = installed_netifaces() if sys.argv[1] == "netifaces" else None
addresses = Addresses(Netlink(), netifaces)
found = {name: [[row.family, row.address, row.prefix_length] for row in addresses.addresses(name)]
         for name in addresses.interfaces()}
try:
    addresses.addresses("nothing")
except Exception as error:
    found["nothing"] = type(error).__name__
print(json.dumps(found))
"""


@pytest.mark.parametrize("by", ["netifaces", "netlink"])
def test_interfaces_and_addresses_of_linux(lab: Namespace, by: str) -> None:
    lab.ip("link add name a type veth peer name b")
    lab.ip("addr add 192.0.2.1/24 dev a")
    lab.ip("addr add 198.51.100.1 peer 198.51.100.2/32 dev a")
    lab.ip("addr add 2001:db8::1/64 dev a nodad")
    found = lab.python(ASK, by)
    assert found.pop("nothing") == "Missing"
    assert {name: [InterfaceAddress(*row) for row in rows] for name, rows in found.items()} == WANTED


def test_interfaces_and_addresses_of_the_fake() -> None:
    net = MemoryKernel().netlink
    net.add_veth("a", "b")
    net.set_link("a", up=True)
    for name, address, length in (
        ("lo", "127.0.0.1", 8),
        ("lo", "::1", 128),
        ("a", "192.0.2.1", 24),
        ("a", "2001:db8::1", 64),
    ):
        net.add_address(name, address, length)
    net.add_address("a", "198.51.100.1", 32, peer="198.51.100.2")
    addresses = Addresses(net, None)
    assert {name: list(addresses.addresses(name)) for name in addresses.interfaces()} == WANTED
    with pytest.raises(Missing):
        addresses.addresses("nothing")


class Netifaces:
    """What netifaces has been seen to say, and what it should never."""

    def __init__(self, rows: dict[int, list[dict[str, str]]]) -> None:
        self.rows = rows

    def interfaces(self) -> list[str]:
        return ["eth0", "gone"]

    def ifaddresses(self, name: str) -> dict[int, list[dict[str, str]]]:
        if name == "gone":
            raise ValueError("You must specify a valid interface name.")
        return self.rows


def by(rows: dict[int, list[dict[str, str]]]) -> Addresses:
    return Addresses(MemoryKernel().netlink, Netifaces(rows))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("row", "length"),
    [
        ({"addr": "fe80::1%eth0", "netmask": "ffff:ffff:ffff:ffff::/64"}, 64),
        ({"addr": "fe80::1", "netmask": "ffff:ffff:ffff:ffff::"}, 64),
        ({"addr": "fe80::1", "mask": "ffff::/16"}, 16),
        ({"addr": "fe80::1"}, 128),
    ],
)
def test_every_spelling_of_an_ipv6_mask_is_understood(row: dict[str, str], length: int) -> None:
    assert by({10: [row]}).addresses("eth0") == (InterfaceAddress(6, "fe80::1", length),)


@pytest.mark.parametrize(
    "row", [{}, {"addr": "x"}, {"addr": "192.0.2.1", "netmask": "x"}, {"addr": "192.0.2.1", "netmask": "/x"}]
)
def test_nonsense_from_netifaces_is_a_mechanism_error(row: dict[str, str]) -> None:
    with pytest.raises(MechanismError):
        by({2: [row]}).addresses("eth0")


def test_an_interface_that_goes_while_it_is_asked_is_missing() -> None:
    with pytest.raises(Missing):
        by({}).addresses("gone")


def test_where_netifaces_is_not_installed_there_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "netifaces", None)
    assert installed_netifaces() is None
