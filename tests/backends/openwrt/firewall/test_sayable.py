"""What fw4 cannot make is refused with its reason, and nothing is written."""

import pytest

from agent.model.errors import Refusals
from backends.desired_state import Wanted
from backends.openwrt.firewall.sayable import refusals
from tests.backends.openwrt.firewall.conftest import Make
from tests.backends.openwrt.firewall.gateway import NOTHING, UciGateway
from tests.backends.openwrt.firewall.test_firewall_sections import sections

pytestmark = pytest.mark.slow

FIREWALL = "Device.Firewall."
MAPPING = "Device.NAT.PortMapping."
RULE = f"{FIREWALL}Chain.1.Rule."
TWO = NOTHING.replace("list   network		'lan'", "list network 'lan'\n\tlist network 'guest'")


@pytest.mark.parametrize(
    ("values", "reason"),
    [
        ({f"{FIREWALL}Enable": "0"}, "as a service of the system"),
        ({f"{FIREWALL}Config": "High"}, "always the zones, forwardings and rules"),
        ({f"{FIREWALL}PolicyLevel": ""}, "always the zones, forwardings and rules"),
        ({f"{FIREWALL}Level.1.PortMappingEnabled": "0"}, "cannot say this"),
        ({f"{FIREWALL}Chain.1.Name": "mine"}, "cannot say this"),
        ({f"{FIREWALL}Policy.1.TargetChain": "Reject"}, "DefaultPolicy"),
        ({f"{FIREWALL}Policy.1.ReverseTargetChain": "Reject"}, "DefaultPolicy"),
        ({f"{FIREWALL}Policy.1.TargetChain": "Chain", f"{FIREWALL}Policy.1.Chain": f"{FIREWALL}Chain.1"}, "no chains"),
        ({f"{FIREWALL}Policy.2.TargetChain": "Drop"}, "both directions are one"),
        ({f"{MAPPING}1.InternalClient": "printer"}, "follows no name"),
        ({f"{MAPPING}1.ExternalPortEndRange": "8090"}, "same ports only"),
        ({f"{RULE}2.Target": "Return"}, "no chains beside its own"),
        ({f"{RULE}2.Protocol": "132"}, "ports of TCP and UDP only"),
        ({f"{FIREWALL}Service.1.Protocol": "58"}, "58 of IPv6"),
        ({f"{FIREWALL}Service.1.DestPort": "22"}, "ports of TCP and UDP only"),
    ],
)
def test_it_is_told_why(gateway: UciGateway, values: dict[str, str], reason: str) -> None:
    before = gateway.text
    with pytest.raises(Refusals, match=reason):
        gateway.set(values)
    assert gateway.text == before


def test_levels_and_chains_are_neither_added_nor_taken_away(gateway: UciGateway) -> None:
    before = gateway.text
    for table in ("Level.", "Chain."):
        with pytest.raises(Refusals, match="always this one"):
            gateway.add(f"{FIREWALL}{table}")
        with pytest.raises(Refusals):
            gateway.delete(f"{FIREWALL}{table}1.")
    assert gateway.text == before


def test_an_interface_in_no_zone_cannot_be_told(gateway: UciGateway) -> None:
    guest = gateway.find("Device.IP.Interface.", Name="br-guest")[:-1]
    for table, values in (
        (MAPPING, {"ExternalPort": "1", "InternalClient": "192.168.1.4"}),
        (f"{FIREWALL}Service.", {"DestPort": "22"}),
    ):
        row = gateway.add(table, Interface=guest, **values)
        with pytest.raises(Refusals, match="in no zone"):
            gateway.set({f"{row}Enable": "1"})
        assert gateway.get(f"{row}Interface") == guest
    rule = gateway.add(RULE, SourceInterface=guest)
    with pytest.raises(Refusals, match="in no zone"):
        gateway.set({f"{rule}Enable": "1"})


def test_a_zone_of_several_is_told_by_its_first(make_gateway: Make) -> None:
    gateway = make_gateway(firewall_=TWO)
    guest = gateway.find("Device.IP.Interface.", Name="br-guest")[:-1]
    row = gateway.add(f"{FIREWALL}Service.", Interface=guest, DestPort="53")
    with pytest.raises(Refusals, match="the first of them"):
        gateway.set({f"{row}Enable": "1"})
    rule = gateway.add(RULE, SourceInterface=guest, DestInterface=gateway.wan, Enable="1")
    with pytest.raises(Refusals, match="one end of a rule only"):
        gateway.set({f"{rule}DestInterface": guest})
    assert "option device 'br-guest'" in gateway.text


def test_mappings_of_all_interfaces_need_one_zone_that_translates(gateway: UciGateway) -> None:
    gateway.add("Device.NAT.InterfaceSetting.", Enable="1", Interface=gateway.lan)
    row = gateway.add(MAPPING, AllInterfaces="1", InternalClient="192.168.1.4", ExternalPort="1")
    with pytest.raises(Refusals, match="more than one"):
        gateway.set({f"{row}Enable": "1"})


def test_nothing_is_said_of_what_is_as_it_was() -> None:
    assert list(refusals(sections(), Wanted(), Wanted())) == []
