"""Bit rate, duplex, link modes and energy saving of Ethernet ports."""

from dataclasses import replace

import pytest

from backends.ethtool import MacCounters, Phy
from backends.link_modes import mau_types
from tests.backends.conftest import Bench
from tests.backends.device import NetworkDevice
from tests.fakes.ethtool import FakePorts

PORTS = "Device.Ethernet.Interface."
GIGABIT = frozenset({0, 1, 2, 3, 5, 6, 7})
PHY = Phy(
    autoneg=True, supported=GIGABIT, advertised=GIGABIT, partner=frozenset({3, 5}), speed=1000, duplex="full", eee=False
)


@pytest.fixture
def ports() -> FakePorts:
    return FakePorts({"eth1": PHY, "eth0": Phy(speed=10000, duplex="full")}, {"eth1": MacCounters(4, 3, 2, 1)})


@pytest.fixture
def device(memory: Bench, ports: FakePorts) -> NetworkDevice:
    return memory.device(ports=ports)


def test_a_port_tells_what_it_may_do_and_what_it_does(device: NetworkDevice) -> None:
    row = device.find(PORTS, Name="eth1")
    told = {"MaxBitRate": "-1", "DuplexMode": "Auto", "CurrentBitRate": "1000", "CurrentDuplexMode": "Full",
            "SupportedLinkModes": "10,11,15,16,30", "AdvertisedLinkModes": "10,11,15,16,30",
            "LinkPartnerAdvertisedLinkModes": "16,30", "EEECapability": "true", "EEEEnable": "false",
            "EEEStatus": "Disabled"}  # fmt: skip
    assert {name: device.get(row + name) for name in told} == told


def test_rate_and_duplex_leave_the_modes_that_are_negotiated(device: NetworkDevice, ports: FakePorts) -> None:
    row = device.find(PORTS, Name="eth1")
    device.set({f"{row}MaxBitRate": "100", f"{row}DuplexMode": "Full"})
    assert mau_types(ports.found["eth1"].advertised) == [11, 16]
    assert (device.get(f"{row}MaxBitRate"), device.get(f"{row}DuplexMode")) == ("100", "Full")
    device.set({f"{row}MaxBitRate": "-1", f"{row}DuplexMode": "Auto", f"{row}EEEEnable": "1"})
    assert (ports.found["eth1"].advertised, ports.found["eth1"].eee) == (GIGABIT, True)
    assert device.get(f"{row}EEEStatus") == "Inactive"
    device.set({f"{row}AdvertisedLinkModes": "16,30"})
    assert mau_types(ports.found["eth1"].advertised) == [16, 30]
    device.model.forget_everything()
    assert ports.found["eth1"] == PHY


def test_what_the_machine_restricted_itself_is_told(device: NetworkDevice, ports: FakePorts) -> None:
    ports.found["eth1"] = replace(PHY, advertised=frozenset({1, 3}))
    row = device.find(PORTS, Name="eth1")
    assert (device.get(f"{row}MaxBitRate"), device.get(f"{row}DuplexMode")) == ("100", "Full")


def test_modes_that_a_port_has_not_are_refused(device: NetworkDevice) -> None:
    row, virtual = device.find(PORTS, Name="eth1"), device.find(PORTS, Name="eth0")
    of_row = [(row, "MaxBitRate", "5"), (row, "MaxBitRate", "0"), (row, "AdvertisedLinkModes", "54")]
    of_virtual = [(virtual, "MaxBitRate", "100"), (virtual, "DuplexMode", "Full"), (virtual, "EEEEnable", "1")]
    for port, name, value in (*of_row, *of_virtual):
        asked = {port + name: value}
        assert device.refused(asked) == dict.fromkeys(asked, "InvalidValue")
    device.set({f"{virtual}MaxBitRate": "-1", f"{virtual}DuplexMode": "Auto", f"{virtual}EEEEnable": "0"})
    assert device.get(f"{virtual}CurrentBitRate") == "10000"
    both = {f"{row}AdvertisedLinkModes": "30", f"{row}MaxBitRate": "100"}
    assert device.refused(both) == dict.fromkeys(both, "InvalidValue")


def test_what_the_driver_refuses_is_told_of_the_parameters_and_taken_back(
    device: NetworkDevice, ports: FakePorts
) -> None:
    row = device.find(PORTS, Name="eth1")
    ports.refusing.add("eth1")
    asked = {f"{row}MaxBitRate": "100"}
    assert device.refused({**asked, f"{row}Enable": "1"}) == dict.fromkeys(asked, "InvalidValue")
    assert device.get(f"{row}MaxBitRate") == "-1"


def test_frames_are_told_apart_where_the_driver_does(device: NetworkDevice) -> None:
    stats = device.find(PORTS, Name="eth1") + "Stats."
    told = {"MulticastPacketsSent": "4", "BroadcastPacketsSent": "3", "MulticastPacketsReceived": "2",
            "BroadcastPacketsReceived": "1", "UnknownProtoPacketsReceived": "0"}  # fmt: skip
    assert {name: device.get(stats + name) for name in told} == told


def test_counters_are_set_to_nothing_and_count_on(bench: Bench) -> None:
    device = bench.device()
    stats = device.find("Device.IP.Interface.", Name="eth0") + "Stats."
    if bench.lab is None:
        kernel = bench.netlink.kernel
        counted = replace(kernel.links["eth0"].counters, tx_bytes=4711)
        kernel.links["eth0"] = replace(kernel.links["eth0"], counters=counted)
    before = int(device.get(f"{stats}BytesSent"))
    assert before > 0
    device.set({f"{stats}Reset": "1"})
    assert int(device.get(f"{stats}BytesSent")) < before
    assert device.get(f"{stats}Reset") == "false"
