"""A UPnP gateway that an ACS turned on, beside the firewall's tables. Real miniupnpd, nftables and connections."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.model.errors import Denied
from agent.model.own_values import OwnValues
from backends.netlink_types import Address, Route
from backends.sysfs import Sysfs
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.staging import LinuxNetwork
from backends.tr181.upnp_gateway import place
from tests.backends.device import KernelSettings
from tests.backends.tr181.firewall_device import FirewallDevice
from tests.backends.upnp_host import ask
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.netlab.gateway import HOST, Gateway
from tests.netlab.namespace import Namespace

DEVICE = "Device.UPnP.Device."
MAPPING = "Device.NAT.PortMapping."
PUBLIC, STRANGER = "9.9.9.2", "9.9.9.1"


@pytest.fixture
def device(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[FirewallDevice]:
    if shutil.which("miniupnpd") is None:
        pytest.skip("miniupnpd is not installed (apt-get install miniupnpd-nftables)")
    gateway = Gateway(make_namespace)
    gateway.router.ip(f"address add {PUBLIC}/24 dev wan0")
    gateway.router.ip("address del 203.0.113.2/24 dev wan0")
    gateway.wan.ip(f"address add {STRANGER}/24 dev up0")
    gateway.router.ip(f"route replace default via {STRANGER}")
    made = FirewallDevice(gateway, upnp_in=tmp_path)
    yield made
    made.set({f"{DEVICE}Enable": "0"})
    made.close()


def is_reached(device: FirewallDevice, port: int, *, soon: bool = False) -> bool:
    gateway = device.gateway
    with closing(gateway.listen(gateway.lan, 8081)) as listener:
        return bool(gateway.reached(listener, gateway.wan, PUBLIC, port, soon=soon))


@pytest.mark.slow
def test_it_is_turned_on_and_what_hosts_ask_for_is_told(device: FirewallDevice) -> None:
    device.set({f"{DEVICE}Enable": "1"})
    assert device.get(f"{DEVICE}Enable") == "true"
    assert device.upnp.due(5.0) is None
    device.set({f"{DEVICE}UPnPIGD": "1"})
    assert device.get(f"{DEVICE}UPnPIGD") == "true"
    assert "AddPortMappingResponse" in ask(device.gateway, 8080, description="<a> & 'b'")
    assert is_reached(device, 8080)
    row = device.find(MAPPING, ExternalPort="8080")
    told = {"Enable": "true", "Status": "Enabled", "Origin": "UPnP", "InternalClient": HOST, "InternalPort": "8081",
            "Protocol": "TCP", "Interface": device.wan, "Description": "<a> & 'b'"}  # fmt: skip
    assert {name: device.get(row + name) for name in told} == told
    assert 0 < int(device.get(f"{row}RemainingLeaseTime")) <= 3600
    assert device.refused({f"{row}Enable": "0"}) == {f"{row}Enable": "Denied"}
    with pytest.raises(Denied, match="asked for it"):
        device.delete(row)
    assert device.upnp.due(5.0) == 5.0
    assert device.upnp.act(5.0) == frozenset()
    assert device.upnp.due(5.0) == 65.0
    device.set({f"{DEVICE}UPnPIGD": "0"})
    assert device.tree(MAPPING) == {}
    assert not is_reached(device, 8080, soon=True)


def test_what_the_acs_mapped_comes_first_and_the_firewall_lets_both_through(device: FirewallDevice) -> None:
    device.set({"Device.Firewall.Config": "Low", f"{DEVICE}Enable": "1", f"{DEVICE}UPnPIGD": "1"})
    ask(device.gateway, 8080)
    assert is_reached(device, 8080)
    usual = {"Enable": "1", "Interface": device.wan, "ExternalPort": "8080", "InternalPort": "9", "Protocol": "TCP"}
    asked = device.find(MAPPING, Origin="UPnP")
    row = device.add(MAPPING, **usual, InternalClient=HOST)
    assert not is_reached(device, 8080, soon=True)
    assert device.get(f"{asked}Status") == "Error"
    device.set({f"{row}RemoteHost": "198.51.100.9"})
    assert device.get(f"{asked}Status") == "Enabled", "others than that host still come to it"
    device.delete(row)
    assert is_reached(device, 8080)
    assert device.get(f"{asked}Status") == "Enabled"


def test_without_a_managed_link_it_is_refused(make_namespace: Callable[[], Namespace], tmp_path: Path) -> None:
    if shutil.which("miniupnpd") is None:
        pytest.skip("miniupnpd is not installed (apt-get install miniupnpd-nftables)")
    made = FirewallDevice(Gateway(make_namespace), manage=(), upnp_in=tmp_path)
    wanted = {f"{DEVICE}Enable": "1", f"{DEVICE}UPnPIGD": "1"}
    assert made.refused(wanted) == dict.fromkeys(wanted, "Denied")
    assert made.get(f"{DEVICE}UPnPIGD") == "false"
    made.close()


@pytest.mark.slow
def test_behind_an_address_that_is_not_the_internets_it_says_that_nothing_is_mapped(
    device: FirewallDevice, caplog: pytest.LogCaptureFixture
) -> None:
    device.gateway.router.ip(f"address del {PUBLIC}/24 dev wan0")
    device.gateway.router.ip("address add 192.168.77.2/24 dev wan0")
    device.gateway.wan.ip("address add 192.168.77.1/24 dev up0")
    device.gateway.router.ip("route replace default via 192.168.77.1")
    device.netlink.forget()
    device.set({f"{DEVICE}Enable": "1", f"{DEVICE}UPnPIGD": "1"})
    assert "AddPortMappingResponse" not in ask(device.gateway, 8080)
    assert "192.168.77.2 on wan0" in device.upnp.trouble()
    device.upnp.act(5.0)
    assert caplog.text.count("maps no port") == 1
    assert "map the ports there" in caplog.text
    device.gateway.router.ip("address del 192.168.77.2/24 dev wan0")
    device.gateway.router.ip(f"address add {PUBLIC}/24 dev wan0")
    device.netlink.forget()
    assert device.upnp.trouble() == ""
    device.set({f"{DEVICE}UPnPIGD": "0"})
    assert device.upnp.trouble() == ""


def test_nobody_behind_a_link_that_leads_outside_is_asked_which_ports_to_map() -> None:
    kernel = FakeKernel()
    nothing: Any = None
    for number, name in enumerate(("wan0", "wan1", "lan0")):
        kernel.add_link(name, up=True)
        kernel.addresses.append(Address(name, 4, f"192.0.{number}.1", 24))
    kernel.routes.append(Route(4, "", "192.0.0.9", "wan0"))
    netlink = FakeNetlink(kernel)
    network = LinuxNetwork(netlink, KernelSettings(kernel), ("*",))
    network.translating = lambda: frozenset({"wan1"})
    found = place(
        Mechanisms(
            netlink, nothing, nothing, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}), links=Links(network)
        )
    )
    assert found is not None
    assert (found.outside, found.inside) == ("wan0", (("lan0", ("192.0.2.0/24",)),))
