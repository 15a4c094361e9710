"""What an end point joins: wpa_supplicant's networks from profiles. Pure."""

from typing import Final

from backends.wifi.configuration import LEAST_PROTECTION, PERSONAL, PROTECTION, SAE
from backends.wifi.records import EndPoint, Profile
from backends.wpa_supplicant import KnownNetwork

MODES: Final = ("None", *PERSONAL, *SAE, "OWE")
"""Without the Enterprise ones: a profile has no place for an identity."""
KEYS: Final = {
    "None": "NONE",
    "WPA3-Personal": "SAE",
    "WPA3-Personal-Transition": "WPA-PSK WPA-PSK-SHA256 SAE",
    "OWE": "OWE",
}
PROTOCOLS: Final = {"WPA-Personal": "WPA", "WPA2-Personal": "RSN", "WPA-WPA2-Personal": "WPA RSN"}
LOWEST: Final = 255


def networks(end_point: EndPoint, profiles: dict[str, Profile]) -> tuple[KnownNetwork, ...]:
    """The networks of an end point, the one it is to prefer first; none when it is off or no profile is complete."""
    if not end_point.enable:
        return ()
    chosen = end_point.profile.keys[-1] if end_point.profile else None
    ready = [
        profile
        for key, profile in profiles.items()
        if profile.enable and not missing(profile) and chosen in (None, key)
    ]
    return tuple(network(profile) for profile in sorted(ready, key=lambda one: one.priority))


def missing(profile: Profile) -> str:
    """What a profile still needs; "" when it is complete."""
    if not profile.ssid:
        return "it needs an SSID"
    if profile.mode in ("None", "OWE"):
        return ""
    if profile.mode == "WPA3-Personal":
        return "" if profile.sae_passphrase or profile.passphrase else "it needs a passphrase"
    return "" if profile.passphrase or profile.pre_shared_key else "it needs a passphrase"


def network(profile: Profile) -> KnownNetwork:
    """The network of a complete profile; a hidden one is found as well."""
    mode = profile.mode
    told = {
        "scan_ssid": "1",
        "priority": str(LOWEST - profile.priority),
        "key_mgmt": KEYS.get(mode, "WPA-PSK WPA-PSK-SHA256"),
    }
    if mode in PROTOCOLS:
        told["proto"] = PROTOCOLS[mode]
    if mode != "None":
        told["ieee80211w"] = max(PROTECTION[profile.protection], LEAST_PROTECTION.get(mode, "0"))
    if mode in PROTOCOLS or mode == "WPA3-Personal-Transition":
        told["psk"] = f'"{profile.passphrase}"' if profile.passphrase else profile.pre_shared_key
    if "SAE" in told["key_mgmt"] and (password := profile.sae_passphrase or profile.passphrase):
        told["sae_password"] = f'"{password}"'
    return KnownNetwork(profile.ssid, told)
