"""Records of ours and the rows that UCI makes by itself."""

import pytest

from backends.network.records import EthernetLink, IpAddress, IpInterface, IpRoute, Port, Records, Reference
from backends.network.topology import Topology
from backends.openwrt.network.given import laid_over, not_covered, ours, together, without_twins
from tests.backends.openwrt.network.board import links

pytestmark = pytest.mark.slow


LAN, PORT = Reference("ip", "lan1"), Reference("port", "lan1")
ADDRESS = Reference("address", "lan1 192.0.2.1/24")


def test_what_uci_gives_is_not_ours_and_ours_is_stronger_where_both_say_something() -> None:
    given = {LAN: IpInterface(enable=True), ADDRESS: IpAddress(ip="lan1")}
    mine = Records().with_record("lan1", IpInterface(enable=False))
    whole = together(mine, given)
    assert whole.of(IpInterface) == {"lan1": IpInterface(enable=False)}
    assert ours(whole, given).by_kind["ip"] == {"lan1": IpInterface(enable=False)}
    assert not ours(whole, given).of(IpAddress)
    assert not_covered(given, mine) == {ADDRESS: IpAddress(ip="lan1")}


def test_what_a_person_changes_counts_and_the_rest_of_our_record_stays() -> None:
    mine = Records().with_record("lan1", IpInterface(enable=True, mtu=1400))
    changed = laid_over(mine, {LAN: IpInterface(enable=True)}, {LAN: IpInterface(enable=False)})
    assert changed.of(IpInterface)["lan1"] == IpInterface(enable=False, mtu=1400)
    same = laid_over(mine, {LAN: IpInterface(enable=True)}, {LAN: IpInterface(enable=True, mtu=1400)})
    assert not same.of(IpInterface), "UCI says it all now"


def test_a_row_that_stands_for_the_same_is_not_shown_twice() -> None:
    given = {
        LAN: IpInterface(enable=True), ADDRESS: IpAddress(ip="lan1"), PORT: Port(enable=False),
        Reference("route", "4 10.0.0.0/8 192.0.2.9 lan1 0 unicast"): IpRoute(),
    }  # fmt: skip
    mine = Records()
    for key, record in (
        ("+1", IpInterface(enable=True, lower=Reference("ethernet_link", "lan1"))),
        ("+2", IpAddress(enable=True, ip="+1", address="192.0.2.1", prefix_length=24)),
        ("+3", IpRoute(enable=True, destination="10.0.0.0", prefix_length=8, gateway="192.0.2.9", ip="+1")),
        ("lan1", EthernetLink(enable=False)),
    ):
        mine = mine.with_record(key, record)
    topology = Topology(mine, list(links("lan1").values()))
    assert without_twins(mine, given, topology, [("address", "lan1", "192.0.2.1/24")]) == {}
