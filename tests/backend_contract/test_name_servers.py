"""Device.DNS.Client.Server. is the same over a resolver's own file and over OpenWrt's configuration."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import NotWritable, Refusals
from agent.model.object import Object
from backends.lan.resolver import Resolver
from backends.tr181.dns_client import client_servers, name_servers
from backends.tr181.lan_tables import LanTables
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_name_servers import openwrt_name_servers
from backends.tr181.parts import Part
from tests.backend_contract.protocol_devices import device_of
from tests.backends.openwrt.protocols.gateway import Gateway

SERVERS = "Device.DNS.Client.Server."
LEARNT = "198.51.100.1"
Make = Callable[..., Gateway]


def lan_that_asks(given: Mechanisms, surface: Surface) -> Part:
    """Of the LAN's services only what reads the resolver's configuration."""
    (surface.root / "etc/resolv.conf").write_text(f"nameserver {LEARNT}\n")
    resolver, nothing = Resolver(surface.root), None
    lan: Any = LanTables(nothing, given.links, nothing, resolver)  # type: ignore[arg-type]
    return Part("lan", {"lan": lan}, forget=[resolver.forget])


def over_resolv_conf(given: Mechanisms, _: Surface) -> Part:
    return name_servers(given)


def declared(given: Mechanisms) -> list[Object[Any]]:
    assert given.lan is not None
    return [client_servers(given.lan, given.name_servers)]


@pytest.fixture(params=["linux", pytest.param("openwrt", marks=pytest.mark.slow)])
def make(request: pytest.FixtureRequest, tmp_path: Path) -> Make:
    build = {"linux": over_resolv_conf, "openwrt": openwrt_name_servers}[request.param]
    return lambda **more: device_of(tmp_path, build, [declared], lan_that_asks, **more)


@pytest.fixture
def device(make: Make) -> Gateway:
    return make()


def test_a_server_that_is_set_is_one_row_and_goes_when_it_is_deleted(device: Gateway) -> None:
    row = device.add(SERVERS, Enable="1", DNSServer="192.0.2.53")
    names = ("Enable", "DNSServer", "Type", "Interface")
    assert [device.get(row + name) for name in names] == ["true", "192.0.2.53", "Static", ""]
    rows = [path for path in device.tree(SERVERS) if path.endswith("DNSServer")]
    assert len(rows) == 2, "it is one row, however it is found"
    device.delete(row)
    assert [path for path in device.tree(SERVERS) if path.endswith("DNSServer")] == ["1.DNSServer"]


def test_rows_stay_over_a_restart_whether_they_are_on_or_not(device: Gateway) -> None:
    one = device.add(SERVERS, Enable="1", DNSServer="192.0.2.53")
    other = device.add(SERVERS, DNSServer="2001:db8::53")
    empty = device.add(SERVERS)
    again = device.again()
    assert [again.get(f"{row}DNSServer") for row in (one, other, empty)] == ["192.0.2.53", "2001:db8::53", ""]
    assert [again.get(f"{row}Enable") for row in (one, other, empty)] == ["true", "false", "false"]
    again.set({f"{other}Enable": "1", f"{one}Enable": "0"})
    assert [again.get(f"{row}Enable") for row in (one, other)] == ["false", "true"]


def test_one_that_is_not_enabled_is_not_asked(device: Gateway) -> None:
    row = device.add(SERVERS, DNSServer="192.0.2.53")
    assert device.get(f"{row}Status") == "Disabled"
    device.set({f"{row}DNSServer": ""})
    assert device.get(f"{row}DNSServer") == ""


def test_what_somebody_else_set_is_theirs(device: Gateway) -> None:
    row = device.find(SERVERS, DNSServer=LEARNT)
    assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Denied"}
    assert device.refused({f"{row}DNSServer": "192.0.2.1"}) == {f"{row}DNSServer": "Denied"}
    assert device.set({f"{row}Enable": "1", f"{row}DNSServer": LEARNT}) == 0
    with pytest.raises(NotWritable):
        device.delete(row)


def test_without_the_owners_leave_nothing_is_set(make: Make) -> None:
    device = make(manage="")
    with pytest.raises(Refusals, match="manage"):
        device.add(SERVERS, Enable="1", DNSServer="192.0.2.53")


@pytest.mark.parametrize("text", ["x", "192.0.2", "fe80::1%eth0", "192.0.2.1\nsearch x", "$(reboot)", "日本", '"'])
def test_what_is_no_address_is_refused(device: Gateway, text: str) -> None:
    row = device.add(SERVERS)
    assert device.refused({f"{row}DNSServer": text}) == {f"{row}DNSServer": "InvalidValue"}
