"""Every section is a row, a link of nobody's is shown, and one that is not made yet has the name that it will have."""

import pytest

from backends.desired_state import Pointer, Wanted
from backends.openwrt.wireless.rows import SectionRows
from backends.wifi.records import AccessPoint, EndPoint, Ssid
from tests.fakes.nl80211 import FakeAir

pytestmark = pytest.mark.slow


def test_rows_are_sections_and_strangers() -> None:
    air = FakeAir()
    air.change("wlan0", mode="ap", ssid=b"Home")
    radio = Pointer("Radio", (air.radios[0].key,))
    wanted = Wanted(1, {
        Ssid: {"home": Ssid(ssid="Home", radio=radio), "guest": Ssid(ssid="Guest", radio=radio), "new": Ssid(),
               "up": Ssid(radio=radio)},
        AccessPoint: {"home": AccessPoint(ssid=Pointer("SSID", ("home",))),
                      "wep": AccessPoint(ssid=Pointer("SSID", ("guest",)), mode="WEP-64")},
        EndPoint: {"up": EndPoint(enable=True)},
    })  # fmt: skip
    rows = SectionRows(wanted, air.radios, air.links, {}, {"guest": "guest0"})
    assert {row.key: row.name for row in rows.ssids} == {
        "home": "wlan0", "guest": "guest0", "new": None, "up": "phy0-sta0", "wlan1": "wlan1",
    }  # fmt: skip
    assert [row.key for row in rows.points] == ["home", "wep"]
    assert [row.key for row in rows.points_of(air.radios[0])] == ["home"], "nobody could choose WEP"
    assert [row.key for row in rows.end_points] == ["new", "up", "wlan1"]
    assert [row.is_own for row in rows.ssids] == [True] * 4 + [False]
    told = SectionRows(wanted, air.radios, air.links, {"guest": "phy0-ap3"}, {"guest": "guest0"})
    assert told.ssid_of("phy0-ap3") is not None
    assert told.ssid("home") is not None
