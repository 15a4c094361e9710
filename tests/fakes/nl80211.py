"""Radios in memory: two that are like mac80211_hwsim's, with whatever is put on the air around them."""

import socket
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import TypeVar

from backends.errors import MechanismError, Missing
from backends.nl80211 import Nl80211
from backends.wireless_types import (
    Band,
    Channel,
    Neighbour,
    Radio,
    Survey,
    WifiStation,
    WirelessLink,
    channel_number,
)

T = TypeVar("T")

LOW = tuple(
    Channel(channel_number(frequency), frequency, no_ir=frequency > 2462, power=20.0)
    for frequency in (*range(2412, 2473, 5), 2484)
)
HIGH = tuple(
    Channel(channel_number(frequency), frequency, radar=5260 <= frequency <= 5720, power=20.0)
    for frequency in (*range(5180, 5321, 20), *range(5500, 5721, 20), *range(5745, 5826, 20))
)
MCS = bytes((0xFF, 0xFF)) + bytes(14)
BANDS = (
    Band("2.4GHz", LOW, (1.0, 2.0, 5.5, 11.0, 6.0, 9.0, 12.0, 18.0, 24.0, 36.0, 48.0, 54.0), 0x107E, MCS,
         he_phy=bytes((2,)) + bytes(10), he_mcs=bytes((0xFA, 0xFF, 0xFA, 0xFF))),
    Band("5GHz", HIGH, (6.0, 9.0, 12.0, 18.0, 24.0, 36.0, 48.0, 54.0), 0x107E, MCS,
         vht=0x38000F2, vht_mcs=bytes((0xFA, 0xFF, 0, 0)), he_phy=bytes((4,)) + bytes(10),
         he_mcs=bytes((0xFA, 0xFF, 0xFA, 0xFF))),
)  # fmt: skip


def radio(index: int) -> Radio:
    """A radio like another."""
    return Radio(
        index, f"phy{index}", f"02:00:00:00:0{index}:00", BANDS, frozenset({2, 3}), most_access_points=4, has_uapsd=True
    )


@dataclass
class FakeAir:
    """What there is; change it at will."""

    radios: list[Radio] = field(default_factory=lambda: [radio(0), radio(1)])
    links: list[WirelessLink] = field(
        default_factory=lambda: [
            WirelessLink(f"wlan{number}", 3 + number, number, "station", f"02:00:00:00:0{number}:00")
            for number in (0, 1)
        ]
    )
    stations: list[WifiStation] = field(default_factory=list)
    neighbours: list[Neighbour] = field(default_factory=list)
    survey: Survey | None = None
    country: str = ""
    scans: list[str] = field(default_factory=list)
    trouble: MechanismError | None = None
    """What comes of asking for radios or links, while there is such a thing."""

    def change(self, name: str, **values: object) -> None:
        """Change a link."""
        self.links = [replace(link, **values) if link.name == name else link for link in self.links]  # type: ignore[arg-type]


class FakeNl80211(Nl80211):
    """The same questions, answered from the air."""

    def __init__(self, air: FakeAir | None = None) -> None:
        super().__init__()
        self.air = air or FakeAir()
        self.told, self.listened = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def close(self) -> None:
        self.told.close()
        self.listened.close()

    def is_there(self) -> bool:
        return True

    def radios(self) -> Sequence[Radio]:
        there = [replace(radio, country=radio.country or self.air.country) for radio in self.air.radios]
        return self._cached("radios", lambda: self._answered(there))

    def links(self) -> Sequence[WirelessLink]:
        return self._cached("links", lambda: self._answered(self.air.links))

    def country(self) -> str:
        return self.air.country

    def stations(self, link: str) -> Sequence[WifiStation]:
        return [one for one in self.air.stations if one.link == link]

    def survey(self, link: str) -> Survey | None:
        return self.air.survey

    def measures(self, link: str) -> bool:
        return self.air.survey is not None

    def neighbours(self, link: str) -> Sequence[Neighbour]:
        return [one for one in self.air.neighbours if one.link in ("", link)]

    def add_access_point(self, radio: int, name: str) -> None:
        if self.link(name) is not None:
            raise MechanismError(f"add {name}: File exists", "EEXIST")
        index = max(link.index for link in self.air.links) + 1
        self.air.links = [*self.air.links, WirelessLink(name, index, radio, "ap", f"42:00:00:00:0{radio}:00")]
        self.forget()

    def delete_link(self, name: str) -> None:
        self._known(name)
        self.air.links = [link for link in self.air.links if link.name != name]
        self.forget()

    def set_power(self, name: str, power: int | None) -> None:
        self._known(name)
        self.air.change(name, power=20.0 if power is None else float(power))
        self.forget()

    def scan(self, name: str) -> None:
        self._known(name)
        self.air.scans.append(name)

    def listener(self) -> socket.socket:
        return self.listened

    def _answered(self, there: list[T]) -> list[T]:
        if self.air.trouble is not None:
            raise self.air.trouble
        return there

    def _known(self, name: str) -> WirelessLink:
        found = self.link(name)
        if found is None:
            raise Missing(f"{name}: no such wireless interface", "ENODEV")
        return found
