"""``python -m agent`` on the home router, whose kernel's Wi-Fi is in memory: this machine's may have none.

The radios keep the contract that mac80211_hwsim's keep (tests/backend_contract): what the kernel would tell of them is
packed as it does that, and read by what reads the kernel's.
"""

import socket
import sys

from agent.__main__ import main
from backends import nl80211
from backends.tr181 import openwrt_wifi, openwrt_wifi_tables  # noqa: F401 - whose classes stand on the real mechanism
from backends.wireless_types import Rate, WifiStation, WirelessLink
from tests.fakes.nl80211 import FakeAir
from tests.fakes.nl80211_kernel import FakeKernel, PackedNl80211
from tests.openwrt.home_answers import NETWORKS, RADIOS, mac, stations

RATE = Rate(kbps=286_800, standard="ax", mcs=11)


def air() -> FakeAir:
    """The access points that netifd has set up, and who is associated with them."""
    made = FakeAir(country="DE")
    made.links = [
        WirelessLink(
            name, socket.if_nametoindex(name), int(radio.removeprefix("radio")), "ap", mac(name),
            NETWORKS[name][1].encode(), frequency, width, 1, frequency, 20.0,
        )
        for name, (radio, _, frequency, width) in RADIOS.items()
    ]  # fmt: skip
    made.stations = [
        WifiStation(
            station, name, -48, -49, RATE, RATE, rx_bytes=10**6, tx_bytes=10**7, rx_packets=10**4, tx_packets=10**5,
            tx_retries=10, connected=3600, inactive=20, authorized=True, authenticated=True, associated=True, wmm=True,
        )
        for name in RADIOS
        for station in stations(name)
    ]  # fmt: skip
    return made


if __name__ == "__main__":
    kernel = PackedNl80211(FakeKernel(air()))
    nl80211.Nl80211 = lambda **_: kernel  # type: ignore[assignment,misc]
    openwrt_wifi.is_known = lambda: True  # type: ignore[assignment]
    sys.exit(main())
