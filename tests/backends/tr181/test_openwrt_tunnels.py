"""Tunnels on OpenWrt as a part of the machine, and their links among the interfaces."""

from pathlib import Path

import pytest

from backends.network.records import Reference
from backends.tr181.gre import gre
from backends.tr181.openwrt_tunnels import SCRIPTS, UciTunnelTables, kinds, openwrt_tunnels
from backends.tunnels.records import DsLite, GreInterface
from tests.backend_contract.test_tunnels import over_uci
from tests.backends.openwrt.protocols.gateway import NETWORK, Gateway
from tests.backends.openwrt.protocols.test_tunnels import TUNNELS

pytestmark = pytest.mark.slow


def test_there_are_the_kinds_that_netifd_has_scripts_for(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [], [])
    none = openwrt_tunnels(gateway.mechanisms, gateway.surface)
    assert none is not None
    assert none.backend is None
    assert none.provides["lacks"]["Device.GRE."] == "netifd's script for it is not installed (package gre)"
    folder = tmp_path / "lib/netifd/proto"
    folder.mkdir(parents=True)
    for name in ("gre", "6rd"):
        (folder / f"{name}.sh").touch()
    assert kinds(tmp_path) == {"gre", "sit"}
    part = openwrt_tunnels(gateway.mechanisms, gateway.surface)
    assert part is not None
    assert set(part.provides["lacks"]) == {"Device.VXLAN.", "Device.DSLite.", "Device.X_CPEAGENT_WireGuard."}
    assert set(SCRIPTS.values()) == {"gre", "vxlan", "sit", "ip6tnl", "wireguard"}
    (gateway.places.config / "network").unlink()
    gateway.uci.forget()
    assert openwrt_tunnels(gateway.mechanisms, gateway.surface) is None


def test_links_are_among_the_interfaces_also_while_a_row_is_staged(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [over_uci], [gre], network=NETWORK + TUNNELS)
    layers = {layer.kind: layer for layer in gateway.linux.other_layers}
    gateway.kernel.add_link("gre4t-branch", "")
    reference = Reference("gre", "branch")
    assert layers["gre"].reference_of(gateway.kernel.links["gre4t-branch"]) == reference
    assert (layers["gre"].link_of(reference), layers["gre"].keys_of(reference)) == (
        "gre4t-branch", ("branch", "branch"),
    )  # fmt: skip
    assert layers["gre"].link_of(Reference("gre", "gone")) is None
    assert layers["ds_lite"].link_of(Reference("ds_lite", "1")) == "ds-cpe_dslite"
    tables = gateway.parts[0].backend
    assert isinstance(tables, UciTunnelTables)
    tables.begin()
    key = tables.add(GreInterface(parent="branch", protocol_id_override=0x6558))
    assert tables.names(GreInterface)[key] == ("branch", f"gre4t-{key}")
    assert tables.names(DsLite) == {"1": ("", "ds-cpe_dslite")}
    tables.rollback()
    assert key not in tables.names(GreInterface)


def test_netifd_s_news_are_the_tunnels_news_and_a_broken_package_breaks_nothing_else(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path, [over_uci], [gre], network=NETWORK + TUNNELS)
    [part] = gateway.parts
    assert part.look is not None
    assert part.look(frozenset({"netifd"})) == frozenset({"tunnel"})
    gateway.get("Device.GRE.Tunnel.1.RemoteEndpoints")
    gateway.write("config interface 'branch\n")
    assert gateway.get("Device.GRE.Tunnel.1.RemoteEndpoints") == "192.0.2.9"
    assert gateway.row("br-lan")
