"""The kernel's end of nl80211 over an air in memory: requests are read and answers are packed as a kernel does it."""

import socket
import struct
from collections.abc import Iterator

from backends.errors import MechanismError
from backends.generic_netlink import Answer, Family, GenericNetlink, attribute, attributes, number, text, unsigned
from backends.nl80211 import (
    DEL_INTERFACE,
    GET_INTERFACE,
    GET_REG,
    GET_STATION,
    GET_SURVEY,
    GET_WIPHY,
    IFINDEX,
    IFNAME,
    NEW_INTERFACE,
    POWER_LEVEL,
    SET_WIPHY,
    TRIGGER_SCAN,
    WIPHY,
    Nl80211,
)
from backends.nl80211_rows import MODES
from backends.wireless_types import BANDS, Band, Channel, Radio, Rate, WifiStation, WirelessLink
from tests.fakes.nl80211 import FakeAir, FakeNl80211

AP, FREQUENCY, POWER = 3, 1, 6
CHANNEL_FLAGS = {"disabled": 2, "no_ir": 3, "radar": 5}
SUPPORTED_AP_UAPSD, WIDTH_20 = 130, 1


class FakeKernel(GenericNetlink):
    """What one socket to it is told; change ``air`` at will."""

    def __init__(self, air: FakeAir) -> None:
        self.name = "nl80211"
        self.air = air
        self._told, self._listened = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)

    def close(self) -> None:
        self._told.close()
        self._listened.close()

    def family(self) -> Family:
        return Family(28, {})

    def listener(self, groups: object = ()) -> socket.socket:
        return self._listened

    def links(self) -> list[WirelessLink]:
        """Those that there are now."""
        return self.air.links

    def stations(self, link: WirelessLink) -> list[WifiStation]:
        """Those that are associated now."""
        return [one for one in self.air.stations if one.link == link.name]

    def dump(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        index = unsigned(attributes(content).get(IFINDEX))
        found = [link for link in self.links() if link.index == index]
        answers: Iterator[bytes] = iter(())
        if command == GET_WIPHY:
            answers = (piece for radio in self.air.radios for piece in _radio(radio))
        elif command == GET_INTERFACE:
            answers = (_link(link) for link in self.links())
        elif command == GET_STATION:
            answers = (_station(link, one) for link in found for one in self.stations(link))
        elif command == GET_SURVEY and self.air.survey is not None:
            survey = number(1, self.air.survey.frequency) + attribute(3)
            answers = (attribute(84, survey) for _ in found)
        return [Answer(command, attributes(one)) for one in answers]

    def ask(self, command: int, content: bytes = b"", what: str = "") -> list[Answer]:
        told = attributes(content)
        link = next((one for one in self.links() if one.index == unsigned(told.get(IFINDEX))), None)
        if command == GET_REG:
            return [Answer(command, {33: self.air.country.encode() + b"\0"})]
        if command == NEW_INTERFACE:
            name = told[IFNAME].rstrip(b"\0").decode()
            FakeNl80211(self.air).add_access_point(unsigned(told[WIPHY]) or 0, name)
        elif link is None:
            raise MechanismError(f"{what}: No such device", "ENODEV")
        elif command == DEL_INTERFACE:
            FakeNl80211(self.air).delete_link(link.name)
        elif command == SET_WIPHY:
            level = unsigned(told.get(POWER_LEVEL))
            FakeNl80211(self.air).set_power(link.name, None if level is None else level // 100)
        elif command == TRIGGER_SCAN:
            self.air.scans.append(link.name)
        return []


class PackedNl80211(Nl80211):
    """The real mechanism over that kernel."""

    def __init__(self, kernel: FakeKernel) -> None:
        super().__init__()
        self._kernel = kernel


def _list(*items: bytes) -> bytes:
    return b"".join(attribute(place, item) for place, item in enumerate(items))


def _radio(radio: Radio) -> Iterator[bytes]:
    """A split dump: what a radio is, then each of its bands, channels first."""
    itself = number(WIPHY, radio.index)
    flags = attribute(SUPPORTED_AP_UAPSD) if radio.has_uapsd else b""
    yield itself + text(2, radio.name) + flags
    for kind, name in BANDS.items():
        band = radio.band(name)
        if band is not None:
            yield itself + attribute(22, attribute(kind, _abilities(band)))
            for channel in band.channels:  # one piece for each, as the kernel tells them
                yield itself + attribute(22, attribute(kind, attribute(1, _list(_channel(channel)))))
    limit = number(1, radio.most_access_points) + attribute(2, attribute(AP))
    combination = attribute(1, attribute(1, limit)) + number(2, radio.most_access_points) + number(4, 1)
    yield itself + attribute(32, b"".join(attribute(mode) for mode in sorted(radio.modes)))
    yield itself + attribute(120, attribute(1, combination))


def _abilities(band: Band) -> bytes:
    told = attribute(2, _list(*(number(1, round(rate * 10)) for rate in band.rates)))
    if band.ht is not None:
        told += attribute(3, band.ht_mcs) + attribute(4, struct.pack("=H", band.ht))
    if band.vht is not None:
        told += attribute(7, band.vht_mcs) + number(8, band.vht)
    of_points = attribute(1, attribute(AP)) + attribute(3, band.he_phy) + attribute(4, band.he_mcs)
    return told + attribute(9, _list(of_points))


def _channel(channel: Channel) -> bytes:
    flags = b"".join(attribute(kind) for name, kind in CHANNEL_FLAGS.items() if getattr(channel, name))
    return number(FREQUENCY, channel.frequency) + flags + number(POWER, int(channel.power * 100))


def _link(link: WirelessLink) -> bytes:
    told = number(IFINDEX, link.index) + text(IFNAME, link.name) + number(WIPHY, link.radio)
    told += number(5, {name: kind for kind, name in MODES.items()}[link.mode]) + attribute(6, _mac(link.mac))
    if link.ssid is not None:
        told += attribute(52, link.ssid)
    if link.frequency is not None:
        told += number(38, link.frequency) + number(159, WIDTH_20) + number(160, link.frequency)
    return told if link.power is None else told + number(POWER_LEVEL, int(link.power * 100))


def _station(link: WirelessLink, station: WifiStation) -> bytes:
    numbers = {1: station.inactive, 9: station.rx_packets, 10: station.tx_packets, 11: station.tx_retries,
               12: station.tx_failed, 16: station.connected}  # fmt: skip
    wide = {23: station.rx_bytes, 24: station.tx_bytes, 28: station.rx_dropped}
    info = b"".join(number(kind, value) for kind, value in numbers.items() if value is not None)
    info += b"".join(attribute(kind, struct.pack("=Q", value)) for kind, value in wide.items())
    info += b"".join(
        attribute(kind, struct.pack("=b", value))
        for kind, value in ((7, station.signal), (13, station.signal_average))
        if value is not None
    )
    info += attribute(8, _rate(station.tx)) + attribute(14, _rate(station.rx))
    flags = {1: station.authorized, 3: station.wmm, 5: station.authenticated, 7: station.associated}
    told = sum(1 << bit for bit in flags)
    info += attribute(17, struct.pack("=II", told, sum(1 << bit for bit, is_set in flags.items() if is_set)))
    return number(IFINDEX, link.index) + attribute(6, _mac(station.mac)) + attribute(21, info)


def _rate(rate: Rate) -> bytes:
    return number(5, rate.kbps // 100)


def _mac(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", ""))
