"""Networks that a station may join: that of a wifi-iface in mode sta, and others that wait in sections of ours."""

from collections.abc import Mapping
from typing import Final

from backends.desired_state import Wanted
from backends.openwrt.sections import truth
from backends.openwrt.wireless.access_points import PROTECTION, PROTECTION_SAID, key_of, key_text
from backends.openwrt.wireless.encryption import encryption_of, encryption_text
from backends.openwrt.wireless.sections import WirelessSections
from backends.openwrt.wireless.values import number_of, said
from backends.uci import Section, Value
from backends.wifi.records import EndPoint, Profile
from backends.wifi.stations import missing

OFF: Final = "cpe_network_off"
LOCATION: Final = "cpe_location"
PRIORITY: Final = "cpe_priority"
CHOSEN: Final = "cpe_chosen"
"""Options of ours: what TR-181 says of a network and OpenWrt does not; the one that alone is to be joined."""


def profile(section: Section, end_point: str) -> Profile:
    """What a section says."""
    mode, _ = encryption_of(section.text("encryption", "none"))
    passphrase, key = key_of(section)
    return Profile(
        parent=end_point,
        enable=not truth(section, OFF, False),
        ssid=section.text("ssid"),
        location=section.text(LOCATION),
        priority=number_of(section, PRIORITY) or 0,
        mode=mode,
        passphrase=passphrase or "",
        pre_shared_key=key or "",
        protection=PROTECTION.get(section.text("ieee80211w"), "Disabled"),
    )


def options(section: Section, record: Profile) -> dict[str, Value]:
    """What is said of a network."""
    _, ciphers = encryption_of(section.text("encryption", "none"))
    is_same = encryption_of(section.text("encryption", "none"))[0] == record.mode
    protection = PROTECTION_SAID.get(record.protection, "")
    return {
        "ssid": record.ssid,
        "encryption": encryption_text(record.mode, ciphers if is_same else None, section.text("encryption")),
        "key": key_text(section, record.passphrase, record.pre_shared_key),
        "ieee80211w": protection if protection != "0" or section.text("ieee80211w") else "",
        OFF: "" if record.enable else "1",
        LOCATION: record.location,
        PRIORITY: said(record.priority or None),
    }


def joined(sections: WirelessSections, wanted: Wanted, key: str) -> str | None:
    """Which network a station's own section is to say: the ready one of the highest priority, else the one that it says
    now; None where there is none.
    """
    profiles = wanted.children(Profile, key)
    ready = ready_of(wanted.get(EndPoint, key), profiles)
    present = next((one for one, section in sections.networks.items() if section is sections.all.get(key)), "")
    if ready:
        return ready[0]
    return present if present in profiles else None


def ready_of(end_point: EndPoint, profiles: Mapping[str, Profile]) -> list[str]:
    """The networks that can be joined, the preferred one first."""
    chosen = end_point.profile.keys[-1] if end_point.profile else None
    ready = [key for key, one in profiles.items() if one.enable and not missing(one) and chosen in (None, key)]
    return sorted(ready, key=lambda key: profiles[key].priority)
