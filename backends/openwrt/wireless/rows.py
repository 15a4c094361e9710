"""Which rows Wi-Fi's tables have on OpenWrt, and which link each stands for. Pure.

A section wifi-iface is a row, whoever wrote it; a link that belongs to none is shown as another program's.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from backends.desired_state import Wanted
from backends.openwrt.wireless.document import names_said, points_in_force
from backends.wifi.configuration import MODES
from backends.wifi.records import AccessPoint, EndPoint, Ssid
from backends.wifi.rows import EndPointRow, PointRow, Rows, SsidRow
from backends.wireless_types import Radio, WirelessLink


@dataclass(frozen=True, slots=True)
class SectionRow(SsidRow):
    """Of a section."""

    @property
    def is_own(self) -> bool:
        """It can be edited and deleted."""
        return True


class SectionRows(Rows):
    """``names``: of sections by identity, the links that netifd has made; ``fixed`` those that they say."""

    newest = True

    def __init__(
        self,
        wanted: Wanted,
        radios: Sequence[Radio],
        links: Sequence[WirelessLink],
        names: Mapping[str, str],
        fixed: Mapping[str, str],
    ) -> None:
        self._names, self._fixed = names, fixed
        super().__init__(wanted, radios, links)

    def points_of(self, radio: Radio) -> list[PointRow]:
        """See Rows; without those of a mode that nobody could choose (WEP)."""
        return [row for row in super().points_of(radio) if row.record.mode is None or row.record.mode in MODES]

    # -- inside -----------------------------------------------------------------------------------------------------

    def _name(self, key: str, ssid: Ssid) -> str | None:  # noqa: ARG002 - as of links of our own making
        """No link here has a name that is made of a row's."""
        return None

    def _ssids(self) -> list[SsidRow]:
        found: list[SsidRow] = []
        points = points_in_force(self.wanted)
        names = names_said(self.wanted, self._fixed, self._by_key)
        names |= {key: name for key, name in self._names.items() if key in self.wanted.of(Ssid)}
        names |= self._guessed(names, points)
        for key, ssid in self.wanted.of(Ssid).items():
            radio = self._by_key.get(ssid.radio.keys[-1]) if ssid.radio else None
            if radio is not None and key not in names:
                names[key] = self._expected(radio, self._kind(key), set(names.values()))
            name = names.get(key)
            found.append(SectionRow(key, ssid, radio, name, self._links.get(name or "")))
        self.made = set(names.values())
        strangers = (link for link in self._links.values() if link.name not in self.made)
        return found + [
            SsidRow(link.name, Ssid(), self._by_index.get(link.radio), link.name, link)
            for link in strangers
            if link.mode in ("station", "ap")
        ]

    def _guessed(self, names: Mapping[str, str], points: Mapping[str, str]) -> dict[str, str]:
        """While netifd does not answer: the link of the same kind and name on the same radio."""
        found: dict[str, str] = {}
        for key, ssid in self.wanted.of(Ssid).items():
            radio = self._by_key.get(ssid.radio.keys[-1]) if ssid.radio else None
            if key in names or radio is None or self._names or key not in points or not ssid.ssid:
                continue
            taken = {*names.values(), *found.values()}
            there = (
                link.name
                for link in self.links_of(radio)
                if link.name not in taken and link.mode == "ap" and link.ssid == ssid.ssid.encode()
            )
            name = next(there, None)
            if name is not None:
                found[key] = name
        return found

    def _kind(self, key: str) -> str:
        return "sta" if self.wanted.get(EndPoint, key).enable else "ap"

    def _expected(self, radio: Radio, kind: str, taken: set[str]) -> str:
        """The name that netifd would give."""
        number = 0
        while (name := f"{radio.name}-{kind}{number}") in taken or name in self._links:
            number += 1
        return name

    def _points(self) -> list[PointRow]:
        added = [
            PointRow(key, record, self.ssid(record.ssid.keys[-1]) if record.ssid else None, is_own=True)
            for key, record in self.wanted.of(AccessPoint).items()
        ]
        claimed = {row.ssid.key for row in added if row.ssid}
        return added + [
            PointRow(row.key, AccessPoint(), row, is_own=False)
            for row in self.ssids
            if row.link and row.link.mode == "ap" and row.key not in claimed and not row.is_own
        ]

    def _end_points(self) -> list[EndPointRow]:
        """Every link that no access point has, or that is wanted as a station all the same."""
        records = self.wanted.of(EndPoint)
        used = {row.ssid.key for row in self.points if row.ssid}
        return [
            EndPointRow(row.key, records.get(row.key, EndPoint()), row)
            for row in self.ssids
            if row.key not in used or records.get(row.key, EndPoint()).enable
            if row.is_own or (row.link is not None and row.link.mode == "station")
        ]
