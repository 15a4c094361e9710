"""The scan of the air for people, over radios in memory."""

import threading
from typing import Any

import pytest

from backends.diagnostics.failures import DiagnosticFailed
from backends.diagnostics.neighbour_scan import NO_RADIO, NeighbourLook, ScanRequest
from backends.errors import MechanismError, Missing
from backends.nl80211 import Nl80211
from backends.wireless_types import Neighbour
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.fakes.nl80211 import FakeAir, FakeNl80211

ENDED = bytes([34, 1, 0, 0])
NEAR = Neighbour("02:00:00:00:09:00", 2412, -50.0, 100, 1, ((0, b"near"),), "wlan0")
FAR = Neighbour("02:00:00:00:09:01", 5180, -80.0, 100, 1, ((0, b"far"),), "wlan1")


class Air(FakeNl80211):
    """A scan ends at once, as the kernel announces it."""

    def scan(self, name: str) -> None:
        super().scan(name)
        index = next(link.index for link in self.air.links if link.name == name)
        told = ENDED + bytes.fromhex("08000300") + index.to_bytes(4, "little")
        self.told.send((16 + len(told)).to_bytes(4, "little") + bytes(12) + told)


def looked(air: Nl80211, kernel: FakeKernel, lines: list[Any], cancelled: Any = lambda: False) -> Any:
    look = NeighbourLook(lambda: air, lambda: FakeNetlink(kernel))
    return look.run(ScanRequest(frozenset({"wlan1"})), lines.append, cancelled)


def machine() -> FakeKernel:
    kernel = FakeKernel()
    kernel.add_link("wlan0", up=True)
    kernel.add_link("wlan1", up=False)
    return kernel


def test_each_neighbour_is_told_as_a_radio_hears_it_and_links_stay_as_they_were() -> None:
    kernel, lines = machine(), list[Any]()
    found = looked(Air(FakeAir(neighbours=[FAR, NEAR])), kernel, lines)
    assert lines[0] == {"radios": ["phy0", "phy1"]}
    assert [(one["radio"], one["ssid"], one["channel"], one["signal"]) for one in lines[1:]] == [
        ("phy0", "near", 1, -50),
        ("phy1", "far", 36, -80),
    ]
    assert (found.access_points, [one.ssid for one in found.neighbours]) == (2, ["near", "far"])
    assert (found.neighbours[0].security, found.neighbours[1].band) == ("None", "5GHz")
    assert not kernel.links["wlan1"].up


class Deaf(FakeNl80211):
    """A kernel without Wi-Fi."""

    def radios(self) -> Any:
        return ()

    def listener(self) -> Any:
        raise Missing("nl80211: no such family")


def test_without_a_radio_it_says_so() -> None:
    for air in (Deaf(), FakeNl80211(FakeAir(radios=[], links=[]))):
        with pytest.raises(DiagnosticFailed, match=NO_RADIO) as failed:
            looked(air, machine(), [])
        assert failed.value.state == "Error"


def test_radios_that_cannot_listen_or_do_not_answer_are_an_error_with_its_reason() -> None:
    with pytest.raises(DiagnosticFailed, match="none has a link that is up"):
        looked(FakeNl80211(FakeAir(links=[])), machine(), [])
    with pytest.raises(DiagnosticFailed, match="busy"):
        looked(FakeNl80211(FakeAir(trouble=MechanismError("busy"))), machine(), [])


def test_a_cancel_is_heard_and_the_link_goes_down_again() -> None:
    kernel, cancel = machine(), threading.Event()
    air = FakeNl80211(FakeAir(links=[one for one in FakeAir().links if one.name == "wlan1"]))
    threading.Timer(0.2, cancel.set).start()
    assert looked(air, kernel, [], cancel.is_set) is None
    assert (air.air.scans, kernel.links["wlan1"].up) == (["wlan1"], False)
