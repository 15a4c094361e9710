"""What ethtool's messages say; on Linux itself as far as its ports go (tests/vm has a port with link modes)."""

import os
import struct

import pytest

from backends.errors import MechanismError, TimedOut
from backends.ethtool import EEE_GET, LINKMODES_GET, LINKMODES_SET, STATS_GET, Ethtool, MacCounters, Phy
from backends.generic_netlink import Answer, attribute, attributes, number, text, unsigned
from backends.link_modes import mau_types, permitted
from tests.fakes.generic import RecordedFamily
from tests.waiting import until


def header(kind: int, name: str) -> tuple[int, bytes]:
    return kind, number(1, 4) + text(2, name)


def bitset(value: int, mask: int) -> bytes:
    return number(2, 64) + attribute(4, struct.pack("=Q", value)) + attribute(5, struct.pack("=Q", mask))


def modes(name: str, speed: int = 1000, duplex: int = 1) -> Answer:
    told = {2: b"\1", 3: bitset(0x28, 0x2F), 4: bitset(0x0F, 0), 5: struct.pack("=I", speed), 6: bytes([duplex])}
    return Answer(4, dict([header(1, name), *told.items()]))


def test_a_port_tells_its_modes_and_what_it_came_to() -> None:
    family = RecordedFamily({LINKMODES_GET: [modes("eth0"), modes("eth1", 0xFFFFFFFF, 0xFF)]})
    phys = Ethtool(lambda: family).phys()
    assert phys["eth0"] == Phy(
        autoneg=True, supported=frozenset({0, 1, 2, 3, 5}), advertised=frozenset({3, 5}),
        partner=frozenset({0, 1, 2, 3}), speed=1000, duplex="full",
    )  # fmt: skip
    assert (phys["eth1"].speed, phys["eth1"].duplex) == (None, "")


def test_energy_saving_is_told_of_ports_that_have_it() -> None:
    able = Answer(23, dict([header(1, "eth0"), (2, bitset(0x20, 0x28)), (4, b"\1"), (5, b"\1")]))
    unable = Answer(23, dict([header(1, "eth1"), (2, bitset(0, 0)), (4, b"\0"), (5, b"\0")]))
    family = RecordedFamily({LINKMODES_GET: [modes("eth0"), modes("eth1")], EEE_GET: [able, unable]})
    phys = Ethtool(lambda: family).phys()
    assert [(phys[name].eee, phys[name].eee_active) for name in ("eth0", "eth1")] == [(True, True), (None, False)]


def test_frames_are_counted_by_kind_where_the_driver_does() -> None:
    counts = b"".join(attribute(4, attribute(kind, struct.pack("=Q", kind * 10)), nested=True) for kind in (0, 16, 20))
    told = Answer(32, dict([header(2, "eth0"), (4, number(2, 1) + counts)]))
    silent = Answer(32, dict([header(2, "eth1"), (4, number(2, 1))]))
    family = RecordedFamily({STATS_GET: [told, silent]})
    assert Ethtool(lambda: family).mac_counters() == {"eth0": MacCounters(tx_multicast=160, rx_broadcast=200)}


def test_a_kernel_that_knows_nothing_of_it_has_no_ports() -> None:
    assert Ethtool(lambda: RecordedFamily({})).phys() == {}
    assert Ethtool(lambda: RecordedFamily({})).mac_counters() == {}


def test_a_kernel_that_does_not_answer_is_no_kernel_without_ports() -> None:
    with pytest.raises(MechanismError):
        Ethtool(lambda: RecordedFamily({LINKMODES_GET: TimedOut("silent")})).phys()


def test_what_is_asked_names_every_mode_of_the_port() -> None:
    family = RecordedFamily({})
    Ethtool(lambda: family).set_modes("eth0", advertised=[3], supported=[1, 3, 5])
    Ethtool(lambda: family).set_eee("eth0", True)
    [(command, content), (_, saving)] = family.asked
    told = attributes(content)
    ours = attributes(told[3])
    assert (command, told[2]) == (LINKMODES_SET, b"\1")
    assert (unsigned(ours[4]), unsigned(ours[5])) == (0x08, 0x2A)
    assert attributes(saving)[5] == b"\1"


def test_linux_answers() -> None:
    found = Ethtool()
    assert isinstance(found.phys(), dict)
    assert isinstance(found.mac_counters(), dict)
    found.close()


@pytest.mark.skipif("CPE_AGENT_IN_MACHINE" not in os.environ, reason="needs a port with link modes")
def test_a_port_negotiates_the_modes_that_it_is_told() -> None:
    ports = Ethtool()
    [name] = [name for name, phy in ports.phys().items() if phy.supported]
    whole = ports.phys()[name].supported
    slow = permitted(whole, 100, True)
    ports.set_modes(name, advertised=slow, supported=whole)
    assert mau_types(ports.phys()[name].advertised) == [11, 16]
    ports.set_modes(name, advertised=whole, supported=whole)
    until(lambda: ports.phys()[name].advertised == whole)
    assert mau_types(ports.phys()[name].advertised) == mau_types(whole)
