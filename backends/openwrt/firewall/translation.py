"""NAT.InterfaceSetting: the zones that have the option ``masq``, each by the first of its interfaces.

A row that somebody adds is a section of a type of ours, ``cpe_nat``, that names its interface; ``masq`` of the zone
that this one is in is said by it.
"""

from collections.abc import Mapping
from typing import Final

from backends.desired_state import Pointer
from backends.firewall.records import InterfaceNat
from backends.openwrt.firewall.firewall_sections import FirewallSections, Zone
from backends.openwrt.firewall.rows import kept
from backends.openwrt.sections import Told, truth
from backends.uci import Value

CLAIM: Final = "cpe_nat"


def settings(sections: FirewallSections) -> dict[str, InterfaceNat]:
    """By the identity of the zone, or of the section that was added."""
    found: dict[str, InterfaceNat] = {}
    claimed: dict[str, InterfaceNat] = {}
    for key, section in sections.of(CLAIM).items():
        pointer = _pointer(section.text("interface"))
        zone = sections.zone_of(pointer)
        if zone is not None and zone.key not in claimed:
            claimed[zone.key] = InterfaceNat(enable=zone.masquerades, interface=pointer)
            found[key] = claimed[zone.key]
        else:
            found[key] = InterfaceNat(enable=truth(section, "enabled", False), interface=pointer)
    own = {
        zone.key: InterfaceNat(enable=zone.masquerades, interface=sections.pointer(zone))
        for zone in sections.zones.values()
        if zone.key not in claimed and zone.section.text("masq")
    }
    return own | found


def zones_translating(sections: FirewallSections) -> dict[str, Zone]:
    """The zone of each row that has one."""
    zones = {zone.key: zone for zone in sections.zones.values()}
    found = {key: zones.get(key) or sections.zone_of(row.interface) for key, row in settings(sections).items()}
    return {key: zone for key, zone in found.items() if zone is not None}


def say(sections: FirewallSections, records: Mapping[str, InterfaceNat]) -> dict[str, Told]:
    """What is said of ``masq``, and of rows that were added."""
    told: dict[str, Told] = {}
    zones = {zone.key: zone for zone in sections.zones.values()}
    for key, record in records.items():
        zone = zones.get(key)
        if zone is not None:
            told[key] = _masq(zone, record)
            continue
        zone = sections.zone_of(record.interface)
        pointer = " ".join((record.interface.table, *record.interface.keys)) if record.interface else ""
        values: dict[str, Value] = {"interface": pointer, "enabled": "1" if record.enable else "0"}
        told[key] = Told(CLAIM, values)
        if zone is not None and zone.key not in records and zone.key not in told:
            told[zone.key] = _masq(zone, record)
    return told


def _masq(zone: Zone, record: InterfaceNat) -> Told:
    is_same = bool(zone.section.text("masq")) and zone.masquerades == record.enable
    return Told("zone", {"masq": kept(zone.section, "masq", is_same, "1" if record.enable else "0")})


def _pointer(text: str) -> Pointer | None:
    table, *keys = text.split(" ")
    return Pointer(table, tuple(keys)) if keys else None
