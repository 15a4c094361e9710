"""PPP links among the interfaces, and the service's part of the machine."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from backends.kernel_features import PPPOE
from backends.netlink_types import Link
from backends.network.records import Reference
from backends.ppp.records import PppInterface
from backends.pppd import Place, Pppd
from backends.tr181 import ppp_connections as module
from backends.tr181.ppp_connections import PppConnections, PppLayers
from tests.backends.test_pppd import Kernel


@pytest.fixture
def made(tmp_path: Path) -> tuple[PppConnections, PppLayers, Kernel]:
    kernel = Kernel()
    place = Place(lambda pointer: "eth0", lambda link: True, lambda: None)
    links: Any = SimpleNamespace(link_of=lambda pointer: "eth0" if pointer else None)
    connections = PppConnections(Pppd(kernel, place, tmp_path), links)
    return connections, PppLayers(connections), kernel


def test_a_connection_is_a_row_before_there_is_a_link(made: tuple[PppConnections, PppLayers, Kernel]) -> None:
    connections, layers, _ = made
    connections.begin()
    key = connections.add(PppInterface())
    [row] = connections.rows()
    assert (row.key, row.name, row.is_own) == (key, "ppp-1", True)
    assert layers.link_of(Reference("ppp", key)) == "ppp-1"
    assert layers.reference_of(Link(9, "ppp-1", type=512)) == Reference("ppp", key)
    assert layers.keys_of(Reference("ppp", key)) == (key,)


def test_the_machine_s_own_links_are_rows_by_their_name(made: tuple[PppConnections, PppLayers, Kernel]) -> None:
    connections, layers, kernel = made
    kernel.there.append(Link(9, "ppp0", type=512))
    [row] = connections.rows()
    assert (row.key, row.name, row.is_own) == ("ppp0", "ppp0", False)
    assert layers.reference_of(kernel.there[-1]) == Reference("ppp", "ppp0")
    assert layers.link_of(Reference("ppp", "ppp0")) == "ppp0"
    assert layers.link_of(Reference("ppp", "ppp1")) is None
    assert layers.reference_of(Link(2, "eth0")) is None
    assert layers.carrier_of(kernel.there[-1]) is None


def test_a_machine_without_pppd_has_no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plugin", lambda: None)
    machine: Any = SimpleNamespace()
    assert module.ppp_connections(machine) is None


def test_a_kernel_without_pppoe_has_no_connections(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "plugin", lambda: "rp-pppoe.so")
    machine: Any = SimpleNamespace(kernel_lacks=frozenset({PPPOE}))
    assert module.ppp_connections(machine) is None
