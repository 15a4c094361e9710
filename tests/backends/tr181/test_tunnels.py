"""Tunnels among the interfaces, and what the service is given of the rest of the machine."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import pytest

from backends.desired_state import Pointer, Wanted
from backends.dhcp_client.packets import Lease6
from backends.dhcp_client.records import Client6
from backends.netlink_types import Link
from backends.network.records import Reference
from backends.tr181.tunnels import TunnelLayers, aftr_name, tunnel_tables
from backends.tunnels.records import DsLite, VxlanInterface, VxlanTunnel
from tests.backends.tunnels.bench import HOME, ISP, Bench
from tests.netlab.namespace import Namespace


@pytest.fixture
def bench(make_namespace: Callable[[], Namespace]) -> Iterator[Bench]:
    made = Bench(make_namespace)
    yield made
    made.close()


def test_a_link_of_ours_is_the_row_that_it_was_made_for_and_no_other_is(bench: Bench) -> None:
    device = bench.device()
    row = device.add("Device.VXLAN.Tunnel.", RemoteEndpoints=ISP, DeliveryHeaderProtocol="IPv4", Enable="1")
    device.add(f"{row}Interface.", Enable="1")
    layers = TunnelLayers(device.tables, VxlanInterface)
    link = replace(Link(9, "vxlan-2"), kind="vxlan")
    reference = layers.reference_of(link)
    assert reference == Reference("vxlan", "+2")
    assert (layers.link_of(reference), layers.keys_of(reference)) == ("vxlan-2", ("+1", "+2"))
    assert layers.carrier_of(link) == "w0"
    for stranger in ("vxlan-9", "vxlan", "w0"):
        assert layers.reference_of(Link(9, stranger)) is None
    assert layers.link_of(Reference("vxlan", "+9")) is None
    assert TunnelLayers(device.tables, DsLite).reference_of(Link(9, "dslite-wan")) == Reference("ds_lite", "1")
    assert device.tables.status(VxlanInterface, "+2", True) == "Enabled"
    assert device.tables.status(VxlanInterface, "+2", False) == "Disabled"
    assert device.tables.remote(VxlanInterface, "+2") == ISP
    assert device.tables.wanted.of(VxlanTunnel)


def test_the_address_of_a_row_is_found(bench: Bench) -> None:
    device = bench.device()
    find = device.tunnels.place.address_of
    keys = next(iter({(row.parent, row.key) for row in device.network.addresses(4) if HOME in row.key}))
    assert find(Pointer("t", keys)) == HOME
    assert find(Pointer("t", ("w0", "x"))) is None


def test_the_ds_lite_relay_is_what_a_dhcpv6_lease_names() -> None:
    lease = Lease6(options=((64, b"\x04aftr\x07example\x00"),))
    wanted = Wanted().with_record("+1", Client6(interface=Pointer("t", ("w0",))))
    tables = SimpleNamespace(
        wanted=wanted, links=SimpleNamespace(link_of=lambda _: "w0"), clients=SimpleNamespace(lease6=lambda _: lease)
    )
    given: Any = SimpleNamespace(dhcp_clients=tables)
    assert aftr_name(given)() == "aftr.example"
    nobody: Any = SimpleNamespace(dhcp_clients=None)
    assert aftr_name(nobody)() == ""


def test_a_kernel_without_tunnels_has_no_such_part(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("backends.tr181.tunnels.LINK_KINDS", ("no-such-kind",))
    nothing: Any = None
    assert tunnel_tables(nothing) is None
