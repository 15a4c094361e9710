"""/etc/config/wireless as it is read: its sections, and which rows each of them is.

A wifi-iface is a row of SSID, and besides one of AccessPoint (mode ap) or of EndPoint (mode sta). What has no such
section yet, an access point without an SSID, a network that a station may join later, is in a section of a type of
ours, which netifd does not look at.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

from backends.desired_state import Pointer
from backends.openwrt.sections import Sections
from backends.openwrt.wireless.hardware import DEVICE, Found
from backends.uci import Section
from backends.wireless_types import Radio

IFACE: Final = "wifi-iface"
POINT: Final = "cpe_access_point"
PROFILE: Final = "cpe_profile"
POINT_KEY: Final = "cpe_point"
PROFILE_KEY: Final = "cpe_network"
"""Options of ours: the key of the row of AccessPoint, or Profile, that a section is; its own identity without one."""
NO_POINT: Final = "-"


class Tables(NamedTuple):
    """What rows are referred to by."""

    radio: str
    ssid: str
    profile: str


@dataclass(frozen=True)
class WirelessSections(Sections):
    """``found`` says which radios the sections stand for."""

    found: Found
    tables: Tables

    # -- radios -------------------------------------------------------------------------------------------------------

    @cached_property
    def devices(self) -> Mapping[str, Section]:
        """The sections of radios by the radios' keys; one without a name is none, as nobody could refer to it."""
        sections = [one for one in self.of(DEVICE).values() if one.name]
        return {self.found.key_of(one.name): one for one in sections}

    @cached_property
    def radios(self) -> Mapping[str, Radio]:
        """The radios that are there, by key."""
        return {radio.key: radio for radio in self.found.radios}

    def radio_pointer(self, section: Section) -> Pointer | None:
        """The radio that an interface is on; the first of several."""
        name = next(iter(section.items("device")), "")
        known = {one.name: key for key, one in self.devices.items()}
        return Pointer(self.tables.radio, (known[name],)) if name in known else None

    def device_of(self, section: Section, radio: Pointer | None) -> str | tuple[str, ...]:
        """What to say for a radio: as it is said already, where it is."""
        if radio == self.radio_pointer(section):
            return section.options.get("device", "")
        device = self.devices.get(radio.keys[-1]) if radio else None
        return device.name if device else ""

    # -- interfaces ---------------------------------------------------------------------------------------------------

    @cached_property
    def ifaces(self) -> Mapping[str, Section]:
        """The interfaces that are rows: no meshes, monitors and the like."""
        return {key: one for key, one in self.of(IFACE).items() if one.text("mode", "ap") in ("ap", "sta")}

    @cached_property
    def points(self) -> Mapping[str, Section]:
        """The sections of access points by their rows' keys; those of a type of ours come last."""
        on_ifaces = {
            key: one
            for key, one in self.ifaces.items()
            if one.text("mode", "ap") == "ap" and one.text(POINT_KEY) != NO_POINT
        }
        return _by_key({**on_ifaces, **self.of(POINT)}, POINT_KEY)

    @cached_property
    def networks(self) -> Mapping[str, Section]:
        """The sections of networks that stations may join, by their rows' keys."""
        on_ifaces = {
            key: one
            for key, one in self.ifaces.items()
            if is_station(one) and (one.text("ssid") or one.text(PROFILE_KEY))
        }
        others = {key: one for key, one in self.of(PROFILE).items() if one.text("iface") in self.ifaces}
        return _by_key({**on_ifaces, **others}, PROFILE_KEY)

    @cached_property
    def identity_of(self) -> Mapping[str, str]:
        """The identities of the sections, by the ids of this reading."""
        return {section.id: key for key, section in self.all.items()}


def is_station(section: Section) -> bool:
    """Whether an interface is a station."""
    return section.text("mode", "ap") == "sta"


def _by_key(sections: Mapping[str, Section], option: str) -> dict[str, Section]:
    """Who says its key first has it; a copy that says the same is known by its own identity."""
    found: dict[str, Section] = {}
    for identity, section in sorted(sections.items(), key=lambda one: not one[1].text(option)):
        key = section.text(option) or identity
        key = identity if key in found else key
        while key in found:
            key += "_"
        found[key] = section
    order = list(sections.values())
    return dict(sorted(found.items(), key=lambda one: order.index(one[1])))
