"""Whether OpenWrt has Wi-Fi to speak of: a machine without it does not load the rest of it."""

from backends.openwrt.wireless import WIRELESS
from backends.programs import find_program
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.wifi_service import is_known


def openwrt_wifi(given: Mechanisms, surface: Surface) -> Part | None:
    """Wi-Fi, where the kernel knows of it and OpenWrt has its configuration of it."""
    if WIRELESS not in surface.uci.packages() or not is_known():
        return None
    from backends.nl80211 import Nl80211
    from backends.tr181.openwrt_wifi_tables import wireless_part

    programs = (find_program("hostapd") is not None, find_program("wpa_supplicant") is not None)
    return wireless_part(given, surface, Nl80211(), programs)
