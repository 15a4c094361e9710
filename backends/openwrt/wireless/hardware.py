"""Which radio of the kernel a section wifi-device stands for: by its path, its address or its name, as netifd finds it.

One piece of hardware that is several radios (``option radio``) is that many here as well, each with its own band.
"""

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from backends.openwrt.wireless.modes import BANDS
from backends.openwrt.wireless.values import number_of
from backends.uci import Package, Section
from backends.wireless_types import Radio, WirelessLink

DEVICE: Final = "wifi-device"
SPLIT: Final = 1 << 16
"""What the index of a part of a radio begins with."""
NAME_OF_PART: Final = re.compile(r"^(.+)\.(\d+)-")


@dataclass(frozen=True, slots=True)
class Found:
    """``keys``: of each section by its name, its radio's key, or its own name where there is no such radio."""

    radios: tuple[Radio, ...] = ()
    keys: Mapping[str, str] | None = None

    def key_of(self, section: str) -> str:
        """The key of the radio that a section stands for."""
        return (self.keys or {}).get(section, section)


class Hardware:
    """Where the radios are. ``sysfs`` is asked once of each."""

    def __init__(self, sysfs: Path = Path("/sys")) -> None:
        self._folder = sysfs / "class/ieee80211"
        self._devices = sysfs / "devices"
        self._paths: dict[tuple[str, str], str] = {}

    def found(self, radios: Sequence[Radio], package: Package) -> Found:
        """The radios, those with several parts as their parts, and what the package's sections stand for."""
        sections = [one for one in package.of_type(DEVICE) if one.name]
        parts: dict[int, list[Radio]] = {}
        keys: dict[str, str] = {}
        taken: set[str] = set()
        for section in sections:
            radio = self._radio_of(section, radios)
            part = number_of(section, "radio")
            if radio is not None and part is not None:
                radio = _part(radio, part, BANDS.get(section.text("band"), ""))
            if radio is not None and radio.key in taken:
                radio = None
            keys[section.name] = radio.key if radio else section.name
            if radio is not None:
                taken.add(radio.key)
                if part is not None:
                    parts.setdefault(radio.index % SPLIT, []).append(radio)
        return Found(tuple(one for radio in radios for one in parts.get(radio.index, [radio])), keys)

    def _radio_of(self, section: Section, radios: Sequence[Radio]) -> Radio | None:
        name, address, path = section.text("phy"), section.text("macaddr").lower(), section.text("path")
        if path:
            base, _, place = path.partition("+")
            there = [radio for radio in radios if self._path_of(radio) in (base, f"platform/{base}")]
            at = int(place) if place.isdecimal() else 0
            return there[at] if at < len(there) else None
        if address:
            return next((radio for radio in radios if radio.key == address), None)
        return next((radio for radio in radios if radio.name == name), None)

    def _path_of(self, radio: Radio) -> str:
        known = (radio.name, radio.key)
        if known not in self._paths:
            real = os.path.realpath(self._folder / radio.name)  # …/devices/<path>/ieee80211/phy0
            self._paths[known] = os.path.relpath(Path(real).parent.parent, os.path.realpath(self._devices))
        return self._paths[known]


def links_of(links: Sequence[WirelessLink], radios: Sequence[Radio]) -> Iterator[WirelessLink]:
    """The links, each on the part of a radio that it is on: by its name, else by its frequency."""
    parts: dict[int, list[Radio]] = {}
    for radio in radios:
        if radio.index >= SPLIT:
            parts.setdefault(radio.index % SPLIT, []).append(radio)
    for link in links:
        own = parts.get(link.radio, ())
        named = NAME_OF_PART.match(link.name)
        by_name = (one for one in own if named and one.index == _index(link.radio, int(named[2])))
        by_frequency = (one for one in own if link.frequency and one.channel(link.frequency) is not None)
        there = next(by_name, None) or next(by_frequency, None) or next(iter(own), None)
        yield replace(link, radio=there.index) if there else link


def _index(radio: int, part: int) -> int:
    return (part + 1) * SPLIT + radio


def _part(radio: Radio, part: int, band: str) -> Radio:
    bands = tuple(one for one in radio.bands if one.name == band) or radio.bands
    return replace(
        radio, index=_index(radio.index, part), name=f"{radio.name}.{part}", key=_nth(radio.key, part), bands=bands
    )


def _nth(address: str, part: int) -> str:
    """The address of a part: the radio's own with its last octet counted up."""
    head, colon, last = address.rpartition(":")
    return f"{head}:{(int(last, 16) + part) % 256:02x}" if colon else f"{address}.{part}"
