"""The agent where the kernel's Wi-Fi is in memory: two radios with stations, each driven by a real hostapd.

python -m tests.bench.radios …      is ``python -m agent …`` there

The radios keep the contract that mac80211_hwsim's keep (tests/backend_contract): what the kernel would tell of them is
packed as it does that, and read by what reads the kernel's. hostapd has no driver, and answers as on the air.
"""

import re
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.__main__ import main
from backends import hostapd
from backends.hostapd import Instance
from backends.tr181 import wifi_service, wifi_tables
from backends.wifi import instance
from backends.wireless_types import Rate, WifiStation, WirelessLink, channel_number
from tests.fakes.nl80211 import FakeAir
from tests.fakes.nl80211_kernel import FakeKernel, PackedNl80211

RADIOS, STATIONS = 2, 20
"""How many, and how many stations each of them has."""


class Air(FakeAir):
    """wlan0 and wlan1, with stations that are among the bench's hosts."""

    def __init__(self) -> None:
        super().__init__()
        rates = Rate(kbps=286_800, standard="ax", mcs=11), Rate(kbps=258_100, standard="ax", mcs=10)
        self.stations = [
            WifiStation(
                f"02:00:00:00:01:{number:02x}", f"wlan{number // STATIONS}", -40 - number, -41 - number, *rates,
                rx_bytes=10**9 + number, tx_bytes=10**10, rx_packets=10**6, tx_packets=10**7, tx_retries=100,
                connected=3600, inactive=20, authorized=True, authenticated=True, associated=True, wmm=True,
            )
            for number in range(RADIOS * STATIONS)
        ]  # fmt: skip


class Kernel(FakeKernel):
    """Its links are what the hostapd of each was told, as long as that one has its control socket open."""

    def __init__(self, air: FakeAir, services: Path) -> None:
        super().__init__(air)
        self._services = services

    def links(self) -> list[WirelessLink]:
        return [self._driven(link) for link in self.air.links]

    def stations(self, link: WirelessLink) -> list[Any]:
        return super().stations(link) if link.mode == "ap" else []

    def _driven(self, link: WirelessLink) -> WirelessLink:
        folder = self._services / f"wifi/phy{link.radio}"
        if not (folder / "control" / link.name).is_socket():
            return link
        told = (folder / "hostapd.conf").read_text()
        ssid, channel = (re.search(rf"^{name}=(\w+)$", told, re.MULTILINE) for name in ("ssid2", "channel"))
        assert ssid is not None
        assert channel is not None
        frequency = next(
            one.frequency
            for band in self.air.radios[link.radio].bands
            for one in band.channels
            if channel_number(one.frequency) == int(channel[1])
        )
        name = bytes.fromhex(ssid[1])
        return replace(link, mode="ap", ssid=name, frequency=frequency, width=20, center=frequency, power=20.0)


def without_a_driver(what: Instance, directory: Path) -> str:
    """hostapd's file, for a machine that has no radio."""
    return hostapd.text(what, directory).replace("driver=nl80211", "driver=none")


if __name__ == "__main__":
    state = Path(sys.argv[sys.argv.index("--state-dir") + 1])
    wifi_service.is_known = lambda: True
    wifi_tables.Nl80211 = lambda **_: PackedNl80211(Kernel(Air(), state / "services"))  # type: ignore[assignment,misc]
    instance.text = without_a_driver  # type: ignore[attr-defined]
    sys.exit(main())
