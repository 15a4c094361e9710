"""What Wi-Fi's records come to in the sections of /etc/config/wireless. Pure.

A section is enabled while all of its rows are and nothing is missing that netifd needs: else it says ``disabled``, and
which of the rows are enabled all the same.
"""

from collections.abc import Mapping
from typing import Final

from backends.desired_state import Wanted
from backends.openwrt.sections import Document, Told, is_ours, truth
from backends.openwrt.wireless import access_points, devices, profiles
from backends.openwrt.wireless.hardware import DEVICE
from backends.openwrt.wireless.sections import (
    IFACE,
    NO_POINT,
    POINT,
    POINT_KEY,
    PROFILE,
    PROFILE_KEY,
    WirelessSections,
    is_station,
)
from backends.uci import Value
from backends.wifi.configuration import is_wanted, missing
from backends.wifi.records import AccessPoint, EndPoint, Profile, RadioSettings, Ssid
from backends.wifi.rows import PointRow, SsidRow
from backends.wireless_types import Radio

ENABLED: Final = "cpe_enable"
SSID_ENABLED: Final = "cpe_ssid_enable"
SSID_TEXT: Final = "cpe_ssid"
"""Options of ours: rows that are enabled though their section is not; the name of a link that is no access point."""
IFNAME: Final = "ifname"


def document(sections: WirelessSections, wanted: Wanted, standing: Mapping[str, str] = {}) -> Document:
    """Everything that the records say, by section; what has no section is left out. ``standing``: see there."""
    points = points_in_force(wanted)
    told = {
        device.name: Told(DEVICE, devices.options(device, record, sections.radios.get(key), _has(points, wanted, key)))
        for key, record in wanted.of(RadioSettings).items()
        if (device := sections.devices.get(key)) is not None
    }
    present = {key: one.text(IFNAME) for key, one in sections.of(IFACE).items()}
    names = names_said(wanted, present, sections.radios)
    for key in wanted.of(Ssid):
        point = points.get(key, "")
        joined = "" if point else profiles.joined(sections, wanted, key) or ""
        told[key] = Told(IFACE, {**_iface(sections, wanted, key, point, joined, standing), IFNAME: names.get(key, "")})
        for other, record in wanted.children(Profile, key).items():
            if other != joined:
                place = _place(sections, other, PROFILE)
                source = sections.networks.get(other) or sections.section(place)
                kept = {"iface": key, PROFILE_KEY: "" if place == other else other}
                told[place] = Told(PROFILE, {**profiles.options(source, record), **kept})
    for key, point_ in wanted.of(AccessPoint).items():
        if key not in points.values():
            place = _place(sections, key, POINT)
            told[place] = Told(POINT, _waiting(sections, key, place, point_))
    return told


def names_said(wanted: Wanted, present: Mapping[str, str], radios: Mapping[str, Radio]) -> dict[str, str]:
    """The links' names that sections say, or will; ``present`` is what they say now. One that was added has its name
    for good: a port of a bridge refers to it before netifd has made the link, which counts those that have none.
    """
    found = {key: name for key, name in present.items() if name and key in wanted.of(Ssid)}
    for key, ssid in wanted.of(Ssid).items():
        if ssid.radio is not None and is_ours(key) and key not in found:
            radio = radios.get(ssid.radio.keys[-1])
            begin = radio.name if radio else "wifi"
            taken, number = {*present.values(), *found.values()}, 0
            while (name := f"{begin}-cpe{number}") in taken:
                number += 1
            found[key] = name
    return found


def points_in_force(wanted: Wanted) -> dict[str, str]:
    """Which access point an SSID is: the first that refers to it, unless its link is wanted as a station meanwhile."""
    found: dict[str, str] = {}
    for key, point in wanted.of(AccessPoint).items():
        ssid = point.ssid.keys[-1] if point.ssid else ""
        if ssid in wanted.of(Ssid) and ssid not in found:
            is_station = wanted.get(EndPoint, ssid).enable and not (point.enable and wanted.get(Ssid, ssid).enable)
            found |= {} if is_station else {ssid: key}
    return found


def is_running(wanted: Wanted, key: str, point: str) -> bool:
    """Whether the section of an SSID is to be enabled; ``point`` is its access point, "" for none."""
    ssid = wanted.get(Ssid, key)
    if ssid.radio is None:
        return False
    if point:
        row = PointRow(point, wanted.get(AccessPoint, point), SsidRow(key, ssid, None, key, None), is_own=True)
        return is_wanted(row) and not missing(row)
    end_point = wanted.get(EndPoint, key)
    return bool(end_point.enable and profiles.ready_of(end_point, wanted.children(Profile, key)))


def standing(sections: WirelessSections, wanted: Wanted) -> dict[str, str]:
    """The SSIDs, with their access points ("" for none), that a person has enabled though something is missing that
    netifd needs, by what the sections say: they stay as they are until somebody changes what they are.
    """
    points = points_in_force(wanted)
    enabled = (key for key, section in sections.ifaces.items() if not truth(section, "disabled", False))
    return {key: point for key in enabled if not is_running(wanted, key, point := points.get(key, ""))}


def _is_on(wanted: Wanted, key: str, point: str, standing: Mapping[str, str]) -> bool:
    if is_running(wanted, key, point):
        return True
    is_enabled = (
        wanted.get(Ssid, key).enable and wanted.get(AccessPoint, point).enable
        if point
        else (wanted.get(EndPoint, key).enable)
    )
    return bool(is_enabled) and standing.get(key) == point


def _has(points: Mapping[str, str], wanted: Wanted, radio: str) -> bool:
    on_it = (wanted.get(Ssid, key).radio for key in points)
    return any(one is not None and one.keys[-1] == radio for one in on_it)


def _iface(
    sections: WirelessSections, wanted: Wanted, key: str, point: str, joined: str, standing: Mapping[str, str]
) -> dict[str, Value]:
    section, ssid = sections.section(key), wanted.get(Ssid, key)
    is_on = _is_on(wanted, key, point, standing)
    chosen = wanted.get(EndPoint, key).profile
    said = _point(sections, wanted, key, point) if point else _station(sections, wanted, key, joined)
    is_enabled = wanted.get(AccessPoint, point).enable if point else wanted.get(EndPoint, key).enable
    return {
        "device": sections.device_of(section, ssid.radio),
        "disabled": "" if is_on else "1",
        SSID_ENABLED: "1" if ssid.enable and not is_on else "",
        ENABLED: "1" if is_enabled and not is_on else "",
        profiles.CHOSEN: chosen.keys[-1] if chosen else "",
        **said,
    }


def _point(sections: WirelessSections, wanted: Wanted, key: str, point: str) -> dict[str, Value]:
    ssid = wanted.get(Ssid, key)
    source = sections.points.get(point) or sections.section(key)
    radio = wanted.of(RadioSettings).get(ssid.radio.keys[-1]) if ssid.radio else None
    return {
        "mode": "ap",
        "ssid": ssid.ssid or "",
        **access_points.options(source, wanted.get(AccessPoint, point)),
        **(devices.point_options(radio) if radio else {}),
        POINT_KEY: "" if point == key else point,
    }


def _station(sections: WirelessSections, wanted: Wanted, key: str, joined: str) -> dict[str, Value]:
    """Without an access point it is a station once there is something to join; until then it is nothing."""
    section = sections.section(key)
    network: dict[str, Value] = {}
    if joined:
        network = profiles.options(sections.networks.get(joined) or section, wanted.get(Profile, joined))
        network[PROFILE_KEY] = "" if joined == key else joined
    is_one = bool(joined) or is_station(section) or bool(wanted.get(EndPoint, key).enable)
    return {
        "mode": "sta" if is_one else "ap",
        SSID_TEXT: wanted.get(Ssid, key).ssid or "",
        POINT_KEY: "" if is_one else NO_POINT,
        **network,
    }


def _waiting(sections: WirelessSections, key: str, place: str, record: AccessPoint) -> dict[str, Value]:
    return {
        **access_points.options(sections.points.get(key) or sections.section(place), record),
        "iface": record.ssid.keys[-1] if record.ssid else "",
        ENABLED: "1" if record.enable else "",
        POINT_KEY: "" if place == key else key,
    }


def _place(sections: WirelessSections, key: str, kind: str) -> str:
    """The section of ours that a row is in, or is to be in."""
    rows = sections.points if kind == POINT else sections.networks
    there = rows.get(key)
    if there is not None and there.type == kind:
        return sections.identity_of[there.id]
    present = sections.all.get(key)
    return key if present is None or present.type == kind else f"{key}_{kind.removeprefix('cpe_')}"
