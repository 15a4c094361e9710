"""hostapd's settings from what was configured: of a radio, of an access point. Pure; what cannot be is Refused."""

from typing import Final

from backends.desired_state import Refused
from backends.hostapd import Bss, Instance
from backends.wifi import channels
from backends.wifi.records import AccessPoint, EndPoint, RadioSettings
from backends.wifi.rows import PointRow, Rows
from backends.wireless_types import Band, Radio

PERSONAL: Final = ("WPA-Personal", "WPA2-Personal", "WPA-WPA2-Personal")
SAE: Final = ("WPA3-Personal", "WPA3-Personal-Transition")
ENTERPRISE: Final = ("WPA-Enterprise", "WPA2-Enterprise", "WPA-WPA2-Enterprise", "WPA3-Enterprise")
MODES: Final = ("None", *PERSONAL, *SAE, *ENTERPRISE, "OWE")
"""What hostapd can protect with; WEP it was built without, for good reason."""
VERSIONS: Final = {
    "None": "0", "WPA-Personal": "1", "WPA-Enterprise": "1", "WPA-WPA2-Personal": "3", "WPA-WPA2-Enterprise": "3",
}  # fmt: skip
KEYS: Final = {
    **dict.fromkeys(PERSONAL, "WPA-PSK"),
    "WPA3-Personal": "SAE",
    "WPA3-Personal-Transition": "WPA-PSK SAE",
    **dict.fromkeys(ENTERPRISE, "WPA-EAP"),
    "WPA3-Enterprise": "WPA-EAP-SHA256",
    "OWE": "OWE",
}
PROTECTION: Final = {"Disabled": "0", "Optional": "1", "Required": "2"}
LEAST_PROTECTION: Final = {"WPA3-Personal": "2", "WPA3-Personal-Transition": "1", "WPA3-Enterprise": "2", "OWE": "2"}
"""Management frame protection that a mode is nothing without (WPA3 Specification 3.0 §2, OWE RFC 8110)."""
DEFAULT_MODE: Final = "WPA2-Personal"
NEVER_6GHZ: Final = frozenset((*PERSONAL, "None", "WPA3-Personal-Transition", "WPA-Enterprise", "WPA2-Enterprise"))
RADIUS_PORT, ACCOUNTING_PORT, REKEYING = 1812, 1813, 3600
WPS_METHODS: Final = {"PushButton": "push_button", "VirtualPushButton": "virtual_push_button",
                      "PhysicalPushButton": "physical_push_button", "PIN": "keypad", "Label": "label"}  # fmt: skip
WPS_MODES: Final = frozenset(("None", "WPA2-Personal", "WPA-WPA2-Personal", "WPA3-Personal-Transition"))
"""A push of the button hands a passphrase out: in these modes there is one (WSC 2.0.5; SAE alone has no such part)."""


def instances(rows: Rows) -> dict[str, Instance]:
    """What is to run on each radio, by the radio's key; none where nothing complete is wanted. Raises Refused."""
    found = {radio.key: instance(rows, radio) for radio in rows.radios}
    return {key: one for key, one in found.items() if one is not None}


def instance(rows: Rows, radio: Radio) -> Instance | None:
    """What is to run on a radio; None where nothing complete is wanted. Raises Refused."""
    settings = rows.settings(radio)
    if settings.enable is False:
        return None
    ready = [row for row in rows.points_of(radio) if is_wanted(row) and not missing(row)]
    ready.sort(key=lambda row: row.ssid is not None and row.ssid.is_own)
    if not ready:
        return None
    told = tuple(radio_settings(radio, settings, rows.newest).items())
    band = channels.band_of(radio, settings)
    return Instance(radio.name, told, tuple(point for row in ready if (point := access_point(row, band))))


def check_claims(rows: Rows, radio: Radio) -> None:
    """Refused where two access points of a radio have the same SSID."""
    taken: set[str] = set()
    for row in rows.points_of(radio):
        if row.ssid is not None and row.ssid.key in taken:
            raise Refused("another access point has this SSID already", AccessPoint, row.key, ("ssid",))
        if row.ssid is not None:
            taken.add(row.ssid.key)


def check_number(rows: Rows, radio: Radio, instance: Instance) -> None:
    """Refused where a radio cannot be that many access points at once."""
    if len(instance.points) > radio.most_access_points:
        reason = f"{radio.name} can be {radio.most_access_points} access points at once"
        raise Refused(reason, AccessPoint, rows.point_on(instance.points[-1].link), ("enable",))


def check_roles(rows: Rows) -> None:
    """Refused where a link is to be an access point and a station at once."""
    for row in rows.end_points:
        if row.record.enable and any(one.ssid and one.ssid.key == row.key and is_wanted(one) for one in rows.points):
            reason = f"{row.key} cannot be an access point and a station at once"
            raise Refused(reason, EndPoint, row.key, ("enable",))


def is_wanted(row: PointRow) -> bool:
    """Whether an access point is enabled, and its SSID as well."""
    return bool(row.record.enable and row.ssid and row.ssid.record.enable)


def missing(row: PointRow) -> str:
    """What an access point still needs, as a sentence; "" when it is complete."""
    point, ssid = row.record, row.ssid
    mode = point.mode or DEFAULT_MODE
    if ssid is None or ssid.name is None:
        return "it needs an SSID on a radio"
    if not ssid.record.ssid:
        return "its SSID has no name"
    if mode in PERSONAL and not (point.passphrase or point.pre_shared_key):
        return "it needs a passphrase"
    if mode in SAE and not (point.sae_passphrase or point.passphrase):
        return "it needs a passphrase"
    if mode == "WPA3-Personal-Transition" and not (point.passphrase or point.pre_shared_key):
        return "it needs a passphrase"
    if mode in ENTERPRISE and not (point.radius and point.radius_secret):
        return "it needs a RADIUS server and its secret"
    return ""


# --- a radio


def radio_settings(radio: Radio, wanted: RadioSettings, newest: bool = False) -> dict[str, str]:
    """The lines of a radio, for a hostapd that knows the ``newest`` standard or does not. Raises Refused."""
    band = channels.band_of(radio, wanted)
    if band is None:
        raise Refused(f"{radio.name} has no such band", RadioSettings, radio.key, ("band",))
    channel = channels.chosen(radio, band, wanted)
    width = channels.width(radio, band, channel, wanted)
    supported = supported_standards(band, newest)
    standards = wanted.standards or supported
    place = channels.secondary(band, channel, wanted) if channel and width >= 40 else 0
    told = {
        "hw_mode": "a" if band.name != "2.4GHz" else "b" if standards == ("b",) else "g",
        "channel": str(channel.number) if channel else "acs_survey",
        **_country(wanted),
        **_standards(band, standards, wanted, (width, place), radio, supported),
        **channels.settings(band, channel, (width, place), standards),
        **_legacy_rates(band, standards),
        "beacon_int": str(wanted.beacon_period or 100),
        "dtim_period": str(wanted.dtim_period or 2),
    }
    if wanted.rts_threshold is not None:
        told["rts_threshold"] = str(wanted.rts_threshold)
    if wanted.fragmentation_threshold is not None:
        told["fragm_threshold"] = str(wanted.fragmentation_threshold)
    if wanted.preamble is not None:
        told["preamble"] = "0" if wanted.preamble == "long" else "1"
    return told


def supported_standards(band: Band, newest: bool = False) -> tuple[str, ...]:
    """What a radio can on a band, and hostapd with it: 802.11be takes the ``newest``, which are not out everywhere."""
    legacy = {"2.4GHz": ("b", "g"), "5GHz": ("a",)}.get(band.name, ())
    newer = (
        ("n", band.ht is not None),
        ("ac", band.vht is not None and band.name == "5GHz"),
        ("ax", bool(band.he_phy)),
        ("be", band.eht and newest),
    )
    return (*legacy, *(name for name, there in newer if there))


def _country(wanted: RadioSettings) -> dict[str, str]:
    if wanted.country is None:
        return {}
    place = {" ": "0x20", "O": "0x4f", "I": "0x49"}[wanted.country[2]]
    told = {"country_code": wanted.country[:2], "country3": place, "ieee80211d": "1"}
    return told | ({"ieee80211h": "1"} if wanted.spectrum is not False else {})


def _standards(
    band: Band,
    standards: tuple[str, ...],
    wanted: RadioSettings,
    width: tuple[int, int],
    radio: Radio,
    supported: tuple[str, ...],
) -> dict[str, str]:
    unknown = set(standards) - set(supported)
    if unknown or not standards:
        reason = f"{radio.name} cannot {', '.join(sorted(unknown)) or 'do without a standard'} on {band.name}"
        raise Refused(reason, RadioSettings, radio.key, ("standards",))
    told = {}
    short = wanted.guard_interval != "800nsec"
    if "n" in standards or ("ac" in standards and band.ht is not None):
        told["ieee80211n"] = "1"
        told["ht_capab"] = _flags(band.ht or 0, HT_FLAGS, short) + {0: "", 1: "[HT40+]", -1: "[HT40-]"}[width[1]]
        if standards == ("n",):
            told["require_ht"] = "1"
    if "ac" in standards:
        told["ieee80211ac"] = "1"
        told["vht_capab"] = _flags(band.vht or 0, VHT_FLAGS, short) + ("[VHT160]" if width[0] == 160 else "")
        if not set(standards) & {"a", "n"}:
            told["require_vht"] = "1"
    if "ax" in standards:
        told["ieee80211ax"] = "1"
    return told


HT_FLAGS: Final = ((0, "LDPC"), (5, "SHORT-GI-20"), (6, "SHORT-GI-40"), (7, "TX-STBC"), (12, "DSSS_CCK-40"))
VHT_FLAGS: Final = ((4, "RXLDPC"), (5, "SHORT-GI-80"), (6, "SHORT-GI-160"), (7, "TX-STBC-2BY1"))
"""Bits of the capability fields by which hostapd may say what the hardware has."""


def _flags(capabilities: int, flags: tuple[tuple[int, str], ...], short: bool) -> str:
    return "".join(
        f"[{name}]" for bit, name in flags if capabilities >> bit & 1 and (short or not name.startswith("SHORT-GI"))
    )


def _legacy_rates(band: Band, standards: tuple[str, ...]) -> dict[str, str]:
    """Without 802.11b, its four rates are neither offered nor demanded (units of 100 kbit/s)."""
    if band.name != "2.4GHz" or "b" in standards:
        return {}
    return {"supported_rates": "60 90 120 180 240 360 480 540", "basic_rates": "60 120 240"}


# --- an access point


def access_point(row: PointRow, band: Band | None) -> Bss | None:
    """The settings of one that is complete. Raises Refused."""
    point, ssid = row.record, row.ssid
    if ssid is None or ssid.name is None or not ssid.record.ssid:
        return None
    mode = point.mode or DEFAULT_MODE
    if band is not None and band.name == "6GHz" and mode in NEVER_6GHZ:
        raise Refused(f"{mode} is not allowed on 6 GHz", AccessPoint, row.key, ("mode",))
    told = {
        "ssid2": ssid.record.ssid.encode().hex(),
        "utf8_ssid": "1",
        "ignore_broadcast_ssid": "0" if point.advertised is not False else "1",
        "wmm_enabled": "0" if point.wmm is False else "1",
        "uapsd_advertisement_enabled": "0" if point.uapsd is False else "1",
        "ap_isolate": "1" if point.isolated else "0",
        "auth_algs": "1",
        "macaddr_acl": "1" if point.controlled else "0",
    }
    if point.most_stations:
        told["max_num_sta"] = str(point.most_stations)
    told |= _security(point, mode) | _wps(point, mode)
    lines = (*told.items(), *_radius(point, mode), *_accounting(point))
    allowed = tuple(sorted({mac.lower() for mac in point.allowed if mac})) if point.controlled else None
    return Bss(ssid.name, lines, allowed)


def _security(point: AccessPoint, mode: str) -> dict[str, str]:
    told = {"wpa": VERSIONS.get(mode, "2")}
    if mode == "None":
        return told
    told["wpa_key_mgmt"] = KEYS[mode]
    protection = max(PROTECTION[point.protection or "Disabled"], LEAST_PROTECTION.get(mode, "0"))
    told["ieee80211w"] = protection
    if mode in PERSONAL and protection != "0":
        told["wpa_key_mgmt"] = "WPA-PSK-SHA256" if protection == "2" else "WPA-PSK WPA-PSK-SHA256"
    ciphers = point.encryption or (("TKIP", "AES") if told["wpa"] in "13" else ("AES",))
    words = " ".join({"TKIP": "TKIP", "AES": "CCMP"}[cipher] for cipher in ciphers)
    if told["wpa"] in "13":
        told["wpa_pairwise"] = words
    if told["wpa"] in "23":
        told["rsn_pairwise"] = words if told["wpa"] == "2" and mode in PERSONAL else "CCMP"
    told["wpa_group_rekey"] = str(REKEYING if point.rekeying is None else point.rekeying)
    told |= _secrets(point, mode)
    return told


def _secrets(point: AccessPoint, mode: str) -> dict[str, str]:
    told = {}
    if mode in PERSONAL or mode == "WPA3-Personal-Transition":
        if point.passphrase:
            told["wpa_passphrase"] = point.passphrase
        elif point.pre_shared_key:
            told["wpa_psk"] = point.pre_shared_key
    if mode in SAE:
        told["sae_pwe"] = "2"  # hunting and pecking for stations that know no other way, hash to element for the rest
        told["sae_require_mfp"] = "1"
        password = point.sae_passphrase or point.passphrase or ""
        if told.get("wpa_passphrase") != password:
            plain = mode == "WPA3-Personal" and 8 <= len(password) <= 63
            told["wpa_passphrase" if plain else "sae_password"] = password
    return told


def _radius(point: AccessPoint, mode: str) -> list[tuple[str, str]]:
    if mode not in ENTERPRISE:
        return []
    return [
        ("ieee8021x", "1"),
        *_server("auth", point.radius, point.radius_port or RADIUS_PORT, point.radius_secret),
        *_server("auth", point.second_radius, point.second_radius_port or RADIUS_PORT, point.second_radius_secret),
    ]


def _accounting(point: AccessPoint) -> list[tuple[str, str]]:
    if not point.accounting:
        return []
    first = (point.accounting_server, point.accounting_port, point.accounting_secret)
    second = (point.second_accounting_server, point.second_accounting_port, point.second_accounting_secret)
    told = [
        line
        for host, port, secret in (first, second)
        for line in _server("acct", host, port or ACCOUNTING_PORT, secret)
    ]
    interval = [("radius_acct_interim_interval", str(point.accounting_interval))] if point.accounting_interval else []
    return [*told, *interval] if told else []


def _server(kind: str, address: str | None, port: int, secret: str | None) -> list[tuple[str, str]]:
    if not address or not secret:
        return []
    return [
        (f"{kind}_server_addr", address),
        (f"{kind}_server_port", str(port)),
        (f"{kind}_server_shared_secret", secret),
    ]


def _wps(point: AccessPoint, mode: str) -> dict[str, str]:
    if point.wps is not True or mode not in WPS_MODES:
        return {"wps_state": "0"}
    methods = point.wps_methods if point.wps_methods is not None else ("PushButton",)
    told = {
        "eap_server": "1",
        "wps_state": "2",
        "ap_setup_locked": "0" if point.wps_pin else "1",
        "config_methods": " ".join(WPS_METHODS[one] for one in methods if one in WPS_METHODS),
        "device_type": "6-0050F204-1",
    }
    return told | ({"ap_pin": point.wps_pin} if point.wps_pin else {})
