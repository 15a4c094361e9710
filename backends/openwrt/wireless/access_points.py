"""Access points in /etc/config/wireless: what the options of a wifi-iface in mode ap say.

OpenWrt has one key for a passphrase, a pre-shared key (64 digits) and SAE's password, one port and one secret for all
RADIUS servers, and WMM is always on.
"""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Final

from backends.desired_state import Pointer
from backends.openwrt.sections import truth
from backends.openwrt.wireless.encryption import encryption_of, encryption_text
from backends.openwrt.wireless.values import number_of, one_or_list, said
from backends.uci import Section, Value
from backends.wifi.configuration import ACCOUNTING_PORT, DEFAULT_MODE, ENTERPRISE, RADIUS_PORT
from backends.wifi.records import AccessPoint, Profile

ALLOWED, DENY, ALLOW, OFF = "maclist", "deny", "allow", "disable"
SERVER: Final = "cpe_auth_server"
"""Options of ours: RADIUS servers while they are not asked (netifd would ask them for every station's address), the
same for accounting and whether that is on, the state of WPS and its methods while they have no option.
"""
ACCOUNTING_SERVER: Final = "cpe_acct_server"
ACCOUNTING: Final = "cpe_accounting"
WPS: Final = "cpe_wps"
METHODS: Final = {"PushButton": "wps_pushbutton", "Label": "wps_label"}
USUAL_METHODS: Final = ("PushButton",)
PROTECTION: Final = {"0": "Disabled", "1": "Optional", "2": "Required"}
PROTECTION_SAID: Final = {word: text for text, word in PROTECTION.items()}
KEY: Final = re.compile(r"[0-9A-Fa-f]{64}")


def access_point(section: Section, ssid: Pointer | None, is_enabled: bool) -> AccessPoint:
    """What a section says."""
    mode, ciphers = encryption_of(section.text("encryption", "none"))
    passphrase, key = key_of(section)
    servers = section.items("auth_server") or section.items(SERVER)
    counting = section.items("acct_server") or section.items(ACCOUNTING_SERVER)
    is_on, methods = _wps(section)
    return AccessPoint(
        enable=is_enabled,
        ssid=ssid,
        advertised=not truth(section, "hidden", False),
        uapsd=truth(section, "uapsd", True),
        isolated=truth(section, "isolate", False),
        most_stations=number_of(section, "maxassoc") or None,
        controlled=section.text("macfilter") == ALLOW,
        allowed=() if has_deny_list(section) else tuple(one.lower() for one in section.items(ALLOWED)),
        mode=mode,
        encryption=ciphers,
        passphrase=passphrase,
        pre_shared_key=key,
        rekeying=number_of(section, "wpa_group_rekey"),
        protection=PROTECTION.get(section.text("ieee80211w")),
        **_servers(section, servers, "radius", "radius", "auth"),
        accounting=bool(section.items("acct_server")) or truth(section, ACCOUNTING, False),
        **_servers(section, counting, "accounting", "accounting_server", "acct"),
        accounting_interval=number_of(section, "acct_interval") or None,
        wps=is_on,
        wps_methods=methods,
        wps_pin=section.text("wps_pin") or None,
    )


def canonical(record: AccessPoint) -> AccessPoint:
    """As it would be read: one key, and every switch with its default."""
    single: AccessPoint = one_key(record)
    return replace(
        single,
        **_second(record, "radius", "radius", RADIUS_PORT),
        **_second(record, "accounting_server", "accounting", ACCOUNTING_PORT),
        enable=bool(record.enable),
        advertised=record.advertised is not False,
        wmm=None if record.wmm else record.wmm,
        uapsd=record.uapsd is not False,
        isolated=bool(record.isolated),
        most_stations=record.most_stations or None,
        controlled=bool(record.controlled),
        mode=record.mode or DEFAULT_MODE,
        encryption=tuple(dict.fromkeys(record.encryption or ())) or None,
        accounting=bool(record.accounting),
        accounting_interval=record.accounting_interval or None,
        wps=bool(record.wps),
        wps_methods=_in_order(USUAL_METHODS if record.wps_methods is None else record.wps_methods),
    )


def together(record: AccessPoint, values: Mapping[str, Any]) -> dict[str, Any]:
    """What else changes with these: a second server has the first one's port and secret, and keeps on having them."""
    return {
        f"second_{name}": values[name]
        for name in ("radius_port", "radius_secret", "accounting_port", "accounting_secret")
        if name in values and getattr(record, f"second_{name}") == getattr(record, name)
    }


def options(section: Section, record: AccessPoint) -> dict[str, Value]:
    """What is said of an access point."""
    mode = record.mode or DEFAULT_MODE
    return {
        "hidden": _switch(section, "hidden", record.advertised is False, False),
        "uapsd": _switch(section, "uapsd", record.uapsd is not False, True),
        "isolate": _switch(section, "isolate", bool(record.isolated), False),
        "maxassoc": said(record.most_stations or None),
        **_filter(section, record),
        "encryption": encryption_text(mode, record.encryption, section.text("encryption")),
        "key": key_text(section, record.passphrase or "", record.pre_shared_key or ""),
        "wpa_group_rekey": said(record.rekeying),
        "ieee80211w": PROTECTION_SAID.get(record.protection or "", ""),
        **_radius_said(record, mode),
        **_accounting_said(record),
        **_wps_said(record),
    }


def has_deny_list(section: Section) -> bool:
    """Whether a person keeps stations out by name: TR-181 has no place for that list."""
    return section.text("macfilter") == DENY


# -- keys -------------------------------------------------------------------------------------------------------------


def key_of(section: Section) -> tuple[str | None, str | None]:
    """The passphrase and the pre-shared key: one of them, or none."""
    text = section.text("key")
    return (None, text.lower()) if KEY.fullmatch(text) else (text or None, None)


def key_text(section: Section, passphrase: str, key: str) -> str:
    """What to say; as it is said already, where it is."""
    present = section.text("key")
    return present if key and present.lower() == key else passphrase or key


def one_key(record: Any) -> Any:
    """An access point, or a profile, whose password of SAE is the key, unless there is another key for other stations:
    then it stays, and cannot be said.
    """
    nothing = "" if isinstance(record, Profile) else None
    password = record.sae_passphrase
    if not password:
        return replace(record, sae_passphrase=nothing)
    if record.mode == "WPA3-Personal" or record.passphrase in (None, "", password):
        return replace(record, passphrase=password, pre_shared_key=nothing, sae_passphrase=nothing)
    return record


# -- who is let in ----------------------------------------------------------------------------------------------------


def _switch(section: Section, option: str, is_on: bool, usual: bool) -> str:
    """As it is said already, where it is; nothing where it is as usual."""
    if truth(section, option, usual) == is_on:
        return section.text(option)
    return "" if is_on == usual else str(int(is_on))


def _filter(section: Section, record: AccessPoint) -> dict[str, Value]:
    if has_deny_list(section):
        return {"macfilter": DENY, ALLOWED: section.items(ALLOWED)}
    present = {one.lower(): one for one in section.items(ALLOWED)}
    macs = tuple(present.get(mac, mac) for mac in record.allowed)
    return {"macfilter": ALLOW if record.controlled else OFF if macs else "", ALLOWED: macs}


# -- servers ----------------------------------------------------------------------------------------------------------


def _servers(section: Section, servers: tuple[str, ...], name: str, address: str, option: str) -> dict[str, Any]:
    """The first server and a second one, which has the same port and secret."""
    port, secret = number_of(section, f"{option}_port"), section.text(f"{option}_secret") or None
    has_second = len(servers) > 1
    return {
        address: servers[0] if servers else None,
        f"{name}_port": port,
        f"{name}_secret": secret,
        f"second_{address}": servers[1] if has_second else None,
        f"second_{name}_port": port if has_second else None,
        f"second_{name}_secret": secret if has_second else None,
    }


def _second(record: AccessPoint, address: str, name: str, usual: int) -> dict[str, Any]:
    """The second server with what the first one has, where it is told nothing else; without an address it has nothing.
    What differs stays, and cannot be said.
    """
    port, secret = getattr(record, f"{name}_port"), getattr(record, f"{name}_secret")
    told_port, told_secret = getattr(record, f"second_{name}_port"), getattr(record, f"second_{name}_secret")
    is_there = bool(getattr(record, f"second_{address}"))
    is_same_port = told_port is None or told_port == (port or usual)
    is_same_secret = told_secret is None or told_secret == secret
    return {
        f"second_{name}_port": (port if is_there else None) if is_same_port else told_port,
        f"second_{name}_secret": (secret if is_there else None) if is_same_secret else told_secret,
    }


def _radius_said(record: AccessPoint, mode: str) -> dict[str, Value]:
    servers = one_or_list(tuple(filter(None, (record.radius, record.second_radius))))
    is_asked = mode in ENTERPRISE
    return {
        "auth_server": servers if is_asked else "",
        SERVER: "" if is_asked else servers,
        "auth_port": said(record.radius_port),
        "auth_secret": record.radius_secret or "",
    }


def _accounting_said(record: AccessPoint) -> dict[str, Value]:
    servers = one_or_list(tuple(filter(None, (record.accounting_server, record.second_accounting_server))))
    return {
        "acct_server": servers if record.accounting else "",
        ACCOUNTING_SERVER: "" if record.accounting else servers,
        ACCOUNTING: "1" if record.accounting and not servers else "",
        "acct_port": said(record.accounting_port),
        "acct_secret": record.accounting_secret or "",
        "acct_interval": said(record.accounting_interval or None),
    }


# -- WPS --------------------------------------------------------------------------------------------------------------


def _in_order(methods: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(sorted(dict.fromkeys(methods), key=[*METHODS, *methods].index))


def _wps(section: Section) -> tuple[bool, tuple[str, ...]]:
    """Whether it is on, and by which methods."""
    there = tuple(method for method, option in METHODS.items() if truth(section, option, False))
    if there:
        return True, there
    state, _, methods = section.text(WPS).partition(" ")
    return (state == "1", tuple(filter(None, methods.split(",")))) if state else (False, USUAL_METHODS)


def _wps_said(record: AccessPoint) -> dict[str, Value]:
    methods = USUAL_METHODS if record.wps_methods is None else record.wps_methods
    on = {option: "1" if record.wps and method in methods else "" for method, option in METHODS.items()}
    is_said = bool(methods) if record.wps else methods == USUAL_METHODS
    known = [method for method in methods if method in METHODS]
    kept = "" if is_said else f"{int(bool(record.wps))} {','.join(known)}"
    return {**on, WPS: kept, "wps_pin": record.wps_pin or ""}
