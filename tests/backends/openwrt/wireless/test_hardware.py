"""Which radio a section stands for: by path, address or name; one piece of hardware may be several radios."""

from pathlib import Path

import pytest

from backends.errors import MechanismError
from backends.openwrt.wireless.air import Air
from backends.openwrt.wireless.hardware import Hardware, links_of
from backends.uci import BrokenPackage, Package
from backends.uci.reading import parsed
from backends.wireless_types import Neighbour, WirelessLink
from tests.backends.openwrt.wireless.device import tree_of_radios
from tests.fakes.nl80211 import FakeAir, FakeNl80211, radio

pytestmark = pytest.mark.slow

RADIOS = (radio(0), radio(1))
SPLIT = """
config wifi-device 'radio0'
	option phy 'phy0'
	option radio '0'
	option band '2g'

config wifi-device 'radio1'
	option phy 'phy0'
	option radio '1'
	option band '5g'
"""


def package(text: str) -> Package:
    return parsed("wireless", text, Path("/etc/config/wireless"))


def device(**options: str) -> str:
    return "config wifi-device 'one'\n" + "".join(f"\toption {name} '{text}'\n" for name, text in options.items())


@pytest.mark.parametrize(
    ("options", "key"),
    [
        ({"phy": "phy1"}, RADIOS[1].key),
        ({"macaddr": RADIOS[1].key.upper()}, RADIOS[1].key),
        ({"path": "soc/wifi"}, RADIOS[0].key),
        ({"path": "platform/soc/wifi+1"}, RADIOS[1].key),
        ({"path": "platform/soc/wifi+2"}, "one"),
        ({"path": "platform/other"}, "one"),
        ({"macaddr": "02:00:00:00:00:99"}, "one"),
        ({}, "one"),
    ],
)
def test_a_section_is_the_radio_that_its_options_name(tmp_path: Path, options: dict[str, str], key: str) -> None:
    sysfs = tree_of_radios(tmp_path, {"phy0": "platform/soc/wifi", "phy1": "platform/soc/wifi"})
    assert Hardware(sysfs).found(RADIOS, package(device(**options))).key_of("one") == key


def test_two_sections_cannot_be_one_radio(tmp_path: Path) -> None:
    text = device(phy="phy0") + device(phy="phy0").replace("'one'", "'other'")
    found = Hardware(tmp_path).found(RADIOS, package(text))
    assert (found.key_of("one"), found.key_of("other")) == (RADIOS[0].key, "other")
    assert found.radios == RADIOS


def test_one_piece_of_hardware_is_as_many_radios_as_sections_say(tmp_path: Path) -> None:
    found = Hardware(tmp_path).found(RADIOS, package(SPLIT))
    assert [(one.name, [band.name for band in one.bands]) for one in found.radios] == [
        ("phy0.0", ["2.4GHz"]), ("phy0.1", ["5GHz"]), ("phy1", ["2.4GHz", "5GHz"]),
    ]  # fmt: skip
    assert len({one.key for one in found.radios}) == len({one.index for one in found.radios}) == 3
    assert found.key_of("radio0") == RADIOS[0].key == found.radios[0].key
    links = [
        WirelessLink("phy0.1-ap0", 3, 0, "ap", "02:00:00:00:00:00", frequency=2412),
        WirelessLink("wlan0", 4, 0, "ap", "02:00:00:00:00:01", frequency=5180),
        WirelessLink("wlan1", 5, 0, "station", "02:00:00:00:00:02"),
        WirelessLink("wlan2", 6, 1, "station", "02:00:00:00:00:03"),
    ]
    assert [one.radio for one in links_of(links, found.radios)] == [found.radios[at].index for at in (1, 1, 0, 2)]


def test_whatever_else_is_asked_is_answered_by_the_kernel(tmp_path: Path) -> None:
    there = FakeAir()
    there.neighbours = [Neighbour("0c:00:00:00:00:05", 2412, -50.0, 100, 1)]
    told = [package(SPLIT)]

    def read() -> Package:
        if not told:
            raise BrokenPackage(Path("wireless"), 1, "is broken")
        return told[0]

    air = Air(FakeNl80211(there), Hardware(tmp_path), read)
    assert air.is_there()
    assert air.radios() is air.radios()
    assert air.links() is air.links()
    told.clear()
    air.forget()
    assert [one.name for one in air.radios()] == ["phy0.0", "phy0.1", "phy1"], "as it said last"
    assert [len(air.neighbours("wlan0")), len(air.stations("wlan0")), air.country()] == [1, 0, ""]
    assert (air.survey("wlan0"), air.measures("wlan0")) == (None, False)
    air.scan("wlan0")
    assert there.scans == ["wlan0"]
    with pytest.raises(MechanismError):
        air.scan("nobody")
    air.close()
