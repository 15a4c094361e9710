"""PPPoE on OpenWrt as a part of the machine, and its links among the interfaces."""

from pathlib import Path

import pytest

from backends.netlink_types import Link
from backends.network.records import Reference
from backends.ppp.links import ARPHRD_PPP
from backends.tr181.openwrt_ppp import UciPppConnections, openwrt_ppp
from backends.tr181.ppp import ppp
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway, with_pppoe
from tests.backends.openwrt.protocols.test_ppp import DSL

pytestmark = pytest.mark.slow


def test_links_of_connections_are_among_the_interfaces(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [with_pppoe(openwrt_ppp)], [ppp], network=NETWORK + DSL)
    [layers] = gateway.linux.other_layers
    link = Link(9, "pppoe-dsl", type=ARPHRD_PPP)
    assert layers.reference_of(link) == Reference("ppp", "dsl")
    assert layers.link_of(Reference("ppp", "dsl")) == "pppoe-dsl"
    assert layers.link_of(Reference("ppp", "gone")) is None
    assert layers.carrier_of(link) == "eth2"
    assert layers.reference_of(Link(10, "ppp0", type=ARPHRD_PPP)) == Reference("ppp", "ppp0")
    tables = gateway.parts[0].backend
    assert isinstance(tables, UciPppConnections)
    assert tables.staged() is None
    row = gateway.add("Device.PPP.Interface.")
    [name] = set(gateway.sections()) - {"loopback", "lan", "wan", "wan6", "dsl"}
    assert layers.link_of(Reference("ppp", name)) == f"pppoe-{name}"
    gateway.delete(row)
    assert layers.link_of(Reference("ppp", name)) is None


def test_a_broken_package_breaks_no_other_interface(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [with_pppoe(openwrt_ppp)], [ppp], network=NETWORK + DSL)
    gateway.get("Device.PPP.Interface.1.Username")
    gateway.write("config interface 'dsl\n")
    assert gateway.get("Device.PPP.Interface.1.Username") == "me"
    assert gateway.row("br-lan")


def test_netifd_s_news_are_the_connections_news(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [with_pppoe(openwrt_ppp)], [ppp], network=NETWORK + DSL)
    [part] = gateway.parts
    assert part.look is not None
    assert part.look(frozenset({"netifd"})) == frozenset({"ppp"})
    assert part.look(frozenset({"link"})) == frozenset()


def test_without_the_plugin_there_is_a_reason(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [], [])
    part = openwrt_ppp(gateway.mechanisms, gateway.surface)
    assert part.backend is None
    assert "ppp-mod-pppoe" in part.provides["lacks"]["Device.PPP."]
    (gateway.places.config / "network").unlink()
    gateway.uci.forget()
    bare = with_pppoe(openwrt_ppp)(gateway.mechanisms, gateway.surface)
    assert bare is not None
    assert bare.backend is None
