"""NAT and packet filter as a service over UCI: read once in a request, and whole while the package is broken."""

import pytest

from backends.firewall.records import PortMapping
from backends.openwrt.firewall.firewall import FirewallOnOpenWrt
from tests.backends.openwrt.firewall.gateway import FIREWALL, UciGateway

pytestmark = pytest.mark.slow

MAPPING = "Device.NAT.PortMapping."


def service(gateway: UciGateway) -> FirewallOnOpenWrt:
    found = gateway.tables.firewall
    assert isinstance(found, FirewallOnOpenWrt)
    return found


def test_a_broken_package_keeps_what_it_said_last(gateway: UciGateway, caplog: pytest.LogCaptureFixture) -> None:
    assert gateway.get(f"{MAPPING}1.ExternalPort") == "8080"
    gateway.write("firewall", "config rule 'x\n")
    assert gateway.get(f"{MAPPING}1.ExternalPort") == "8080"
    assert gateway.get(f"{MAPPING}1.Status") in ("Enabled", "Error")
    assert len([one for one in caplog.messages if "taken until it is mended" in one]) == 1
    gateway.write("firewall", FIREWALL.replace("8080", "8081"))
    assert gateway.find(MAPPING, ExternalPort="8081", Protocol="TCP")


def test_the_surroundings_are_those_of_the_request(gateway: UciGateway) -> None:
    one = service(gateway)
    assert one.around is one.around
    assert one.around.own_ports == {(6, 7547)}
    one.forget()
    assert one.lacking(PortMapping(enable=True, all_interfaces=True), one.now()) == "a host to lead to"
    assert one.is_made("port mapping", "whoever"), "nobody can be asked"
