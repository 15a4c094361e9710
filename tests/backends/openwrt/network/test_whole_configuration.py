"""All of a router's network is kept and brought back: what the ACS has configured, and what people wrote into UCI."""

from typing import Any

import pytest

from agent.model.configuration import Configuration, configured
from agent.model.data_model import Caller
from agent.model.errors import Refusals
from tests.backends.conftest import OpenWrtBench
from tests.backends.device import NetworkDevice

IP = "Device.IP.Interface."
V4 = "Device.Routing.Router.1.IPv4Forwarding."

pytestmark = pytest.mark.slow


def bring_back(device: NetworkDevice, kept: Configuration) -> set[str]:
    change = device.model.transaction(Caller.LOCAL)
    try:
        found = change.bring_back(kept)
        change.commit()
    finally:
        change.abandon()
    return {one.path for one in found}


def tree(device: NetworkDevice) -> dict[str, str]:
    return {path: text for path, text in device.tree("").items() if "Stats" not in path and "LastChange" not in path}


@pytest.fixture
def device(openwrt: OpenWrtBench) -> NetworkDevice:
    return openwrt.device(manage=("*",))


def table(device: NetworkDevice) -> str:
    return f"{device.find(IP, Name='eth0')}IPv4Address."


def test_what_the_acs_has_changed_comes_back(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    row = device.add(table(device), IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    first = device.find(table(device), IPAddress="192.0.2.1")
    device.set({f"{first}IPAddress": "192.0.2.9"})
    kept, before = configured(device.model), tree(device)
    route = device.find(V4, DestIPAddress="198.51.100.0")
    device.set({f"{first}IPAddress": "192.0.2.10", f"{route}GatewayIPAddress": "192.0.2.77"})
    device.delete(row)
    device.add(table(device), IPAddress="10.3.3.3", SubnetMask="255.255.255.0", Enable="1")
    changed = bring_back(device, kept)
    assert f"{route}GatewayIPAddress" in changed
    assert tree(device) == before
    assert "# the first cable" in openwrt.netifd.text
    assert bring_back(device, configured(device.model)) == set()


def test_what_a_person_has_changed_in_uci_comes_back_as_well(openwrt: OpenWrtBench, device: NetworkDevice) -> None:
    kept, before = configured(device.model), tree(device)
    openwrt.netifd.write(openwrt.netifd.text.replace("192.0.2.1'", "192.0.2.55'"))
    device.model.forget()
    assert device.find(table(device), IPAddress="192.0.2.55")
    bring_back(device, kept)
    assert {path: text for path, text in tree(device).items() if path.endswith(("IPAddress", "Enable"))} == {
        path: text for path, text in before.items() if path.endswith(("IPAddress", "Enable"))
    }
    assert "192.0.2.55" not in openwrt.netifd.text


def test_links_that_are_not_given_to_the_agent_are_refused_and_nothing_is_written(openwrt: OpenWrtBench) -> None:
    device = openwrt.device(manage=("*",))
    device.add(table(device), IPAddress="10.1.1.1", SubnetMask="255.255.255.0", Enable="1")
    kept: Any = configured(device.model)
    other = openwrt.device(manage=())
    device.delete(device.find(table(device), IPAddress="10.1.1.1"))
    text = openwrt.netifd.text
    with pytest.raises(Refusals) as refused:
        bring_back(other, kept)
    assert any("IPv4Address" in one.path for one in refused.value.refusals)
    assert openwrt.netifd.text == text
