"""The part of the machine behind Device.IEEE8021x., and what it takes from the network."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.netlink import RouteTo
from backends.programs import find_program
from backends.sysfs import Sysfs
from backends.tr181 import wired_supplicants as module
from backends.tr181.ethernet import ethernet
from backends.tr181.ieee8021x import ieee8021x
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.staging import LinuxNetwork
from tests.backends.device import KernelSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.netlink import FakeKernel, FakeNetlink

SUPPLICANT = "Device.IEEE8021x.Supplicant."


def device(way: RouteTo | None, directory: Path) -> SmallDevice:
    """A machine with eth0, a VLAN on it, and the part as the agent builds it."""
    kernel = FakeKernel()
    kernel.add_link("eth0", up=True)
    netlink, nothing = FakeNetlink(kernel), None
    netlink.add_vlan("eth0.7", "eth0", 7)
    network = LinuxNetwork(netlink, KernelSettings(kernel), ("eth*",), lambda: way)
    mechanisms: Any = Mechanisms(
        netlink, nothing, network, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),  # type: ignore[arg-type]
        links=Links(network), directory=directory, management_path=lambda: way,
    )  # fmt: skip
    part = module.wired_supplicants(mechanisms)
    assert part is not None
    with_part = replace(mechanisms, **part.provides)
    assert part.backend is not None
    return SmallDevice([*ethernet(with_part), *ieee8021x(with_part)], backends=(network, part.backend))


def test_a_machine_without_wpa_supplicant_has_no_supplicants(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "find_program", lambda _: None)
    machine: Any = SimpleNamespace(supplicants=None)
    assert module.wired_supplicants(machine) is None
    assert ieee8021x(machine) == []


@pytest.mark.skipif(find_program("wpa_supplicant") is None, reason="needs wpa_supplicant (package wpasupplicant)")
def test_a_port_below_the_way_to_the_management_server_is_on_it(tmp_path: Path) -> None:
    machine = device(RouteTo("eth0.7", "192.0.2.2"), tmp_path)
    port = machine.find("Device.Ethernet.Interface.", Name="eth0").removesuffix(".")
    given = {"EAPIdentity": "x", "EAPMD5.Enable": "1", "EAPMD5.SharedSecret": "x"}
    row = machine.add(SUPPLICANT, Interface=port, **given)
    assert machine.set({f"{row}Enable": "1"}) == 1


@pytest.mark.skipif(find_program("wpa_supplicant") is None, reason="needs wpa_supplicant (package wpasupplicant)")
def test_only_a_port_has_a_supplicant(tmp_path: Path) -> None:
    machine = device(None, tmp_path)
    vlan = machine.find("Device.Ethernet.VLANTermination.", Name="eth0.7").removesuffix(".")
    row = machine.add(SUPPLICANT)
    assert machine.refused({f"{row}Interface": vlan}) == {f"{row}Interface": "InvalidValue"}
    assert machine.get(f"{row}Status") == "Disabled"
