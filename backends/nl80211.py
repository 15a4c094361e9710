"""The kernel's radios and wireless links over nl80211: read, changed, scanned with and watched."""

import socket
import struct
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Final, TypeVar

from backends import nl80211_rows as rows
from backends.errors import MechanismError, Missing
from backends.files import read_text
from backends.generic_netlink import Answer, GenericNetlink, attribute, number, text, unsigned
from backends.wireless_types import Neighbour, Radio, Survey, WifiStation, WirelessLink

__all__ = ["Neighbour", "Nl80211", "Radio", "Survey", "WifiStation", "WirelessLink"]

GET_WIPHY, SET_WIPHY, GET_INTERFACE, NEW_INTERFACE, DEL_INTERFACE = 1, 2, 5, 7, 8
GET_STATION, GET_REG, GET_SCAN, TRIGGER_SCAN, GET_SURVEY = 17, 31, 32, 33, 50
WIPHY, IFINDEX, IFNAME, IFTYPE, MAC = 1, 3, 4, 5, 6
REG_ALPHA2, SCAN_SSIDS, POWER_SETTING, POWER_LEVEL, SCAN_FLAGS, SPLIT_DUMP = 33, 45, 97, 98, 158, 174
POWER_AUTOMATIC, POWER_FIXED = 0, 2
FLUSH_RESULTS, SCAN_AS_ACCESS_POINT = 2, 4
SCAN_ENDED: Final = (34, 35)
GROUPS: Final = ("config", "scan", "regulatory", "mlme")
TOPICS: Final = {
    **dict.fromkeys((3, 4, 6, 7, 8, 15, 16, 29, 94), "radio"),  # wiphy, interface, AP started or stopped, radar
    **dict.fromkeys((36, 88, 113), "radio"),  # rules of another country, another channel
    **dict.fromkeys((19, 20, 46, 47, 48), "station"),  # a station came or went, or we did as one
    **dict.fromkeys((34, 35), "scan"),  # a scan has results, or was given up
}
"""What a command that the kernel announces (enum nl80211_commands) may have changed."""

T = TypeVar("T")


class Nl80211:
    """One namespace's radios. Reads are cached until ``forget``; one thread owns an instance.

    A kernel without cfg80211 has no radios. Raises MechanismError, TimedOut after ``deadline`` seconds.
    """

    def __init__(self, namespace: str | None = None, *, deadline: float = 0.3, sysfs: str | Path = "/sys") -> None:
        self._kernel = GenericNetlink("nl80211", namespace, deadline=deadline)
        self._addresses = Path(sysfs) / "class/ieee80211"
        self._cache: dict[str, Any] = {}

    def close(self) -> None:
        """Give the socket back."""
        self._kernel.close()

    def forget(self) -> None:
        """Let the next reads ask the kernel again."""
        self._cache.clear()

    def is_there(self) -> bool:
        """Whether the kernel knows wireless devices at all."""
        try:
            self._kernel.family()
        except Missing:
            return False
        return True

    # --- reading

    def radios(self) -> Sequence[Radio]:
        """Every radio, in the kernel's order."""
        return self._cached("radios", self._read_radios)

    def links(self) -> Sequence[WirelessLink]:
        """Every wireless link that is a network interface."""
        return self._cached("links", self._read_links)

    def link(self, name: str) -> WirelessLink | None:
        """The wireless link of this name."""
        return next((link for link in self.links() if link.name == name), None)

    def country(self) -> str:
        """The country whose rules hold for a radio without its own, as two letters; "" for those of the whole world."""
        return self._cached("country", lambda: [rows.country(self._ask(GET_REG, b"", "regulation"))])[0]

    def stations(self, link: str) -> Sequence[WifiStation]:
        """Who is associated with a link; none where the link is gone."""

        def read() -> Iterable[WifiStation]:
            known = self.link(link)
            return rows.stations(link, self._of_link(GET_STATION, known)) if known else ()

        return self._cached(f"stations {link}", read)

    def survey(self, link: str) -> Survey | None:
        """What was measured on the channel that a link is on; None where the driver tells nothing."""
        return rows.survey(self._surveys(link))

    def measures(self, link: str) -> bool:
        """Whether the driver measures channels at all: hostapd chooses one by that."""
        return bool(self._surveys(link))

    def neighbours(self, link: str) -> Sequence[Neighbour]:
        """What the last scan heard."""
        known = self.link(link)
        return self._heard(known) if known else ()

    # --- changing

    def add_access_point(self, radio: int, name: str) -> None:
        """Make a link of the kind "ap" on a radio (its index), down."""
        self._change(NEW_INTERFACE, number(WIPHY, radio) + text(IFNAME, name) + number(IFTYPE, 3), f"add {name}")

    def delete_link(self, name: str) -> None:
        """Take a wireless link away."""
        self._change(DEL_INTERFACE, number(IFINDEX, self._index(name)), f"delete {name}")

    def set_power(self, name: str, power: int | None) -> None:
        """Send with this power (dBm) at most; None: as the driver sees fit."""
        setting = number(POWER_SETTING, POWER_AUTOMATIC if power is None else POWER_FIXED)
        level = b"" if power is None else attribute(POWER_LEVEL, struct.pack("=i", power * 100))
        self._change(SET_WIPHY, number(IFINDEX, self._index(name)) + setting + level, f"power of {name}")

    def scan(self, name: str) -> None:
        """Start a scan of all channels on a link that is up; topic "scan" tells of its end."""
        link = self.link(name)
        flags = FLUSH_RESULTS | (SCAN_AS_ACCESS_POINT if link and link.mode == "ap" else 0)
        wildcard = attribute(SCAN_SSIDS, attribute(1), nested=True)
        self._change(
            TRIGGER_SCAN, number(IFINDEX, self._index(name)) + wildcard + number(SCAN_FLAGS, flags), f"scan on {name}"
        )

    def listener(self) -> socket.socket:
        """A socket on which the kernel announces what ``topics`` and ``scanned`` understand."""
        return self._kernel.listener(GROUPS)

    # --- inside

    def _read_radios(self) -> Iterable[Radio]:
        answers = self._dump(GET_WIPHY, attribute(SPLIT_DUMP), "radios")
        found = rows.radios(answers)
        keys: dict[str, str] = {}
        for radio in found:
            address = read_text(self._addresses / radio.name / "macaddress", 64) or radio.name
            keys[radio.name] = radio.name if address in keys.values() else address
        everywhere = self.country() if found else ""
        return [rows.placed(radio, keys[radio.name], everywhere) for radio in found]

    def _read_links(self) -> Iterable[WirelessLink]:
        for link in rows.links(self._dump(GET_INTERFACE, b"", "wireless interfaces")):
            if link.mode == "station" and link.frequency and link.ssid is None:  # kernels tell it, or tell it not
                joined = next((one for one in self._heard(link) if one.is_joined), None)
                yield replace(link, ssid=joined.element(0)) if joined else link
            else:
                yield link

    def _heard(self, link: WirelessLink) -> Sequence[Neighbour]:
        return self._cached(
            f"neighbours {link.name}", lambda: rows.neighbours(link.name, self._of_link(GET_SCAN, link))
        )

    def _dump(self, command: int, content: bytes, what: str) -> list[Answer]:
        return self._kernel.dump(command, content, what) if self.is_there() else []

    def _ask(self, command: int, content: bytes, what: str) -> list[Answer]:
        return self._kernel.ask(command, content, what) if self.is_there() else []

    def _surveys(self, link: str) -> Sequence[Answer]:
        known = self.link(link)
        return self._cached(f"survey {link}", lambda: self._of_link(GET_SURVEY, known) if known else ())

    def _of_link(self, command: int, link: WirelessLink) -> list[Answer]:
        try:
            return self._dump(command, number(IFINDEX, link.index), f"what {link.name} hears")
        except MechanismError as error:
            if error.code in ("EOPNOTSUPP", "ENOTSUP", "ENODEV", "ENETDOWN"):  # the driver cannot, or it is off
                return []
            raise

    def _change(self, command: int, content: bytes, what: str) -> None:
        self.forget()
        self._ask(command, content, what)
        self.forget()

    def _index(self, name: str) -> int:
        link = self.link(name)
        if link is None:
            raise Missing(f"{name}: no such wireless interface", "ENODEV")
        return link.index

    def _cached(self, key: str, read: Callable[[], Iterable[T]]) -> Sequence[T]:
        found: Sequence[T] | None = self._cache.get(key)
        if found is None:
            found = self._cache[key] = tuple(read())
        return found


def topics(answers: Iterable[Answer] | None) -> frozenset[str]:
    """What may have changed by what the kernel announced; everything where it had to drop some of it (None)."""
    if answers is None:
        return frozenset(TOPICS.values())
    return frozenset(TOPICS[one.command] for one in answers if one.command in TOPICS)


def scanned(answers: Iterable[Answer] | None) -> frozenset[int]:
    """The indices of the links whose scan has ended, well or not."""
    found = (unsigned(one.attributes.get(IFINDEX)) for one in answers or () if one.command in SCAN_ENDED)
    return frozenset(index for index in found if index is not None)
