"""Which rows Wi-Fi's tables have, and which link each stands for: records and what the kernel has, put together. Pure.

A row that was added to a radio is a link of its own, named after the radio's and the row's number. An access point
that was added claims its SSID's link: what another program runs there is then not shown beside it.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from backends.desired_state import Wanted
from backends.wifi.records import AccessPoint, EndPoint, Profile, RadioSettings, Ssid
from backends.wireless_types import Radio, WirelessLink

LONGEST_NAME = 15
MADE = re.compile(r"_\d+$")


@dataclass(frozen=True, slots=True)
class SsidRow:
    """A wireless link, there or wanted. ``radio`` None: it was added and not yet told to which radio it belongs."""

    key: str
    record: Ssid
    radio: Radio | None
    name: str | None
    link: WirelessLink | None

    @property
    def is_own(self) -> bool:
        """Whether somebody added it."""
        return self.key.startswith("+")

    @property
    def ssid(self) -> str:
        """What was configured, else what it has now; what is no text is shown as far as it is."""
        if self.record.ssid is not None:
            return self.record.ssid
        return (self.link.ssid or b"").decode("utf-8", "replace") if self.link else ""


@dataclass(frozen=True, slots=True)
class PointRow:
    """An access point; ``is_own`` False: another program's, which is shown and left alone."""

    key: str
    record: AccessPoint
    ssid: SsidRow | None
    is_own: bool


@dataclass(frozen=True, slots=True)
class EndPointRow:
    """A link that is, or could be, a station."""

    key: str
    record: EndPoint
    ssid: SsidRow


class Rows:
    """The rows of one moment. ``newest``: hostapd knows the newest standard."""

    newest = False

    def __init__(self, wanted: Wanted, radios: Sequence[Radio], links: Sequence[WirelessLink]) -> None:
        self.wanted = wanted
        self.radios = radios
        self._by_index = {radio.index: radio for radio in radios}
        self._by_key = {radio.key: radio for radio in radios}
        self._links = {link.name: link for link in links}
        self.made = {
            name for key, ssid in wanted.of(Ssid).items() if key.startswith("+") and (name := self._name(key, ssid))
        }
        self.ssids = self._ssids()
        self.points = self._points()
        self.end_points = self._end_points()

    def radio(self, key: str) -> Radio | None:
        """The radio with a key."""
        return self._by_key.get(key)

    def settings(self, radio: Radio) -> RadioSettings:
        """What was configured of a radio."""
        return self.wanted.get(RadioSettings, radio.key)

    def ssid(self, key: str) -> SsidRow | None:
        """The SSID with a key."""
        return next((row for row in self.ssids if row.key == key), None)

    def ssid_of(self, link: str) -> SsidRow | None:
        """The SSID that a link is."""
        return next((row for row in self.ssids if row.name == link), None)

    def links_of(self, radio: Radio) -> list[WirelessLink]:
        """The links that are there on a radio."""
        return [link for link in self._links.values() if link.radio == radio.index]

    def points_of(self, radio: Radio) -> list[PointRow]:
        """The access points that were added on a radio."""
        return [row for row in self.points if row.is_own and row.ssid and row.ssid.radio is radio]

    def point_on(self, link: str) -> str:
        """The key of the access point that was added on a link; "" where there is none."""
        return next((row.key for row in self.points if row.ssid and row.ssid.name == link and row.is_own), "")

    def profiles(self, end_point: str) -> dict[str, Profile]:
        """The networks that an end point may join."""
        return self.wanted.children(Profile, end_point)

    # -- inside -----------------------------------------------------------------------------------------------------

    def _name(self, key: str, ssid: Ssid) -> str | None:
        radio = self._by_key.get(ssid.radio.keys[-1]) if ssid.radio else None
        base = self._base(radio) if radio else None
        if radio is None or base is None:
            return None
        name = f"{base}_{key[1:]}"
        return name if len(name) <= LONGEST_NAME else f"wifi{radio.index}_{key[1:]}"

    def _base(self, radio: Radio) -> str | None:
        """The link that a radio was given by its driver: the oldest whose name is not like those that we make."""
        links = self.links_of(radio)
        found = sorted(links, key=lambda link: (MADE.search(link.name) is not None, link.index))
        return found[0].name if found else None

    def _ssids(self) -> list[SsidRow]:
        records = self.wanted.of(Ssid)
        found = [
            SsidRow(name, records.get(name, Ssid()), self._by_index.get(link.radio), name, link)
            for name, link in self._links.items()
            if link.mode in ("station", "ap") and name not in self.made
        ]
        for key, ssid in records.items():
            if key.startswith("+"):
                name = self._name(key, ssid)
                radio = self._by_key.get(ssid.radio.keys[-1]) if ssid.radio else None
                found.append(SsidRow(key, ssid, radio, name, self._links.get(name or "")))
        return found

    def _points(self) -> list[PointRow]:
        added = [
            PointRow(key, record, self.ssid(record.ssid.keys[-1]) if record.ssid else None, is_own=True)
            for key, record in self.wanted.of(AccessPoint).items()
        ]
        claimed = {row.ssid.key for row in added if row.ssid}
        found = [
            PointRow(row.key, AccessPoint(), row, is_own=False)
            for row in self.ssids
            if row.link and row.link.mode == "ap" and row.key not in claimed and not row.is_own
        ]
        return [*added, *found]

    def _end_points(self) -> list[EndPointRow]:
        records = self.wanted.of(EndPoint)
        used = {row.ssid.key for row in self.points if row.ssid and row.record.enable}
        return [
            EndPointRow(row.key, records.get(row.key, EndPoint()), row)
            for row in self.ssids
            if not row.is_own
            and (row.key in records or (row.link and row.link.mode == "station"))
            and not (row.key in used and row.key not in records)
        ]
