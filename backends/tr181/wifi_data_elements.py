"""Device.WiFi.DataElements.: the same radios, access points and stations as Wi-Fi Data Elements has them (WFA, 3.0)."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.system import System
from backends.tr181.device_info import device_identity
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.wifi_ssids import is_up
from backends.tr181.wifi_tables import WifiTables
from backends.wifi.rows import SsidRow
from backends.wireless_types import Radio, WifiStation, WirelessLink, channel_number

NETWORK: Final = "Device.WiFi.DataElements.Network."
DEVICE: Final = f"{NETWORK}Device.{{i}}."
RADIO: Final = f"{DEVICE}Radio.{{i}}."
CLASS: Final = f"{RADIO}CurrentOperatingClassProfile.{{i}}."
BSS: Final = f"{RADIO}BSS.{{i}}."
STATION: Final = f"{BSS}STA.{{i}}."
THIS: Final = "this"
MOST_BSS: Final = 255
RCPI_LEAST, RCPI_MOST = 0, 220
CLASSES: Final = {
    ("2.4GHz", 20): 81, ("2.4GHz", 40): 83, ("6GHz", 20): 131, ("6GHz", 40): 132, ("6GHz", 80): 133, ("6GHz", 160): 134,
}  # fmt: skip
"""Global operating classes (802.11-2020 table E-4) by band and MHz; those of 5 GHz are also by channel."""


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station of an access point of a radio."""

    radio: Radio
    ssid: SsidRow
    station: WifiStation


def data_elements(tables: WifiTables, mechanisms: Mechanisms) -> list[Object[Any]]:
    """Network, Device (this one), Radio, its operating class, BSS and STA."""
    system = mechanisms.system
    who = device_identity(mechanisms)

    def radios() -> list[Radio]:
        return list(tables.nl80211.radios())

    def points() -> Iterator[tuple[Radio, SsidRow]]:
        for row in tables.rows.ssids:
            if row.radio is not None and row.link is not None and row.link.mode == "ap" and is_up(row):
                yield row.radio, row

    def stations() -> Iterator[StationRow]:
        for radio, row in points():
            for station in tables.nl80211.stations(row.name or ""):
                yield StationRow(radio, row, station)

    def operating() -> Iterator[tuple[Radio, WirelessLink]]:
        for radio in radios():
            link = next((one for one in tables.rows.links_of(radio) if one.frequency), None)
            if link is not None:
                yield radio, link

    network: list[Parameter[None, Any]] = [
        Parameter("ID", lambda _: _device_address(radios())),
        Parameter("TimeStamp", lambda _: system.clock()),
        Parameter("ControllerID", lambda _: _device_address(radios())),
    ]
    device: list[Parameter[str, Any]] = [
        Parameter("ID", lambda _: _device_address(radios())),
        Parameter("Manufacturer", lambda _: who.manufacturer),
        Parameter("SerialNumber", lambda _: who.serial_number),
        Parameter("ManufacturerModel", lambda _: who.product_class),
        Parameter("CountryCode", lambda _: tables.nl80211.country()),
    ]
    return [
        _table("Device.WiFi.DataElements.", lambda: (None,), lambda _: (), []),
        _table(NETWORK, lambda: (None,), lambda _: (), network),
        _table(DEVICE, lambda: (THIS,), lambda key: (key,), device),
        _table(RADIO, radios, lambda radio: (THIS, radio.key), _radio(tables)),
        _table(CLASS, operating, lambda row: (THIS, row[0].key, "20"), _operating_class(system)),
        _table(BSS, points, lambda row: (THIS, row[0].key, row[1].key), _bss(tables, system)),
        _table(
            STATION,
            stations,
            lambda row: (THIS, row.radio.key, row.ssid.key, row.station.mac),
            _station(system),
        ),
    ]


def _table(path: str, rows: Any, keys: Any, parameters: list[Parameter[Any, Any]]) -> Object[Any]:
    return Object(
        path, rows, keys, parameters, changed_by=("radio", "station"), durable=False, source=lambda _: "nl80211"
    )


def _radio(tables: WifiTables) -> list[Parameter[Radio, Any]]:
    return [
        Parameter("ID", lambda radio: _octets(radio.key)),
        Parameter("Enabled", lambda radio: any(one.frequency for one in tables.rows.links_of(radio))),
        Parameter("MaxBSS", lambda radio: min(radio.most_access_points, MOST_BSS)),
    ]


def _operating_class(system: System) -> list[Parameter[tuple[Radio, WirelessLink], Any]]:
    return [
        Parameter("Class", lambda row: operating_class(row[1].frequency or 0, row[1].width or 20)),
        Parameter("Channel", lambda row: channel_number(row[1].frequency or 0)),
        Parameter("TxPower", lambda row: int(row[1].power or 0)),
        Parameter("TimeStamp", lambda _: system.clock()),
    ]


def _bss(tables: WifiTables, system: System) -> list[Parameter[tuple[Radio, SsidRow], Any]]:
    return [
        Parameter("BSSID", lambda row: row[1].link.mac if row[1].link else ""),
        Parameter("SSID", lambda row: row[1].ssid),
        Parameter("Enabled", lambda row: is_up(row[1])),
        Parameter("LastChange", lambda row: tables.age(row[1].name)),
        Parameter("TimeStamp", lambda _: system.clock()),
        Parameter("BackhaulUse", lambda _: False),
        Parameter("FronthaulUse", lambda _: True),
    ]


def _station(system: System) -> list[Parameter[StationRow, Any]]:
    def now(_: StationRow) -> datetime:
        return system.clock()

    return [
        Parameter("MACAddress", lambda row: row.station.mac),
        Parameter("TimeStamp", now),
        Parameter("LastDataDownlinkRate", lambda row: row.station.tx.kbps),
        Parameter("LastDataUplinkRate", lambda row: row.station.rx.kbps),
        Parameter("SignalStrength", lambda row: received_power(row.station.signal or 0)),
        Parameter("LastConnectTime", lambda row: row.station.connected or 0),
        Parameter("BytesSent", lambda row: row.station.tx_bytes),
        Parameter("BytesReceived", lambda row: row.station.rx_bytes),
        Parameter("PacketsSent", lambda row: row.station.tx_packets),
        Parameter("PacketsReceived", lambda row: row.station.rx_packets),
        Parameter("ErrorsSent", lambda row: row.station.tx_failed),
        Parameter("ErrorsReceived", lambda row: row.station.rx_dropped),
        Parameter("RetransCount", lambda row: row.station.tx_retries),
    ]


def received_power(signal: int) -> int:
    """A signal in dBm as received channel power indicator: twice the dB above -110 (802.11-2020 9.4.2.37)."""
    return min(max(2 * (signal + 110), RCPI_LEAST), RCPI_MOST)


def operating_class(frequency: int, width: int) -> int:
    """The global operating class of a channel (MHz), by its width (MHz); 0 where it has none."""
    number = channel_number(frequency)
    if frequency < 3000:
        return 82 if number == 14 else CLASSES.get(("2.4GHz", width), 81)
    if frequency > 5950:
        return CLASSES.get(("6GHz", width), 0)
    if width >= 80:
        return {80: 128, 160: 129}.get(width, 0)
    first = 115 if number <= 48 else 118 if number <= 64 else 121 if number <= 144 else 125
    if width == 20:
        return first
    upper = number // 4 % 2 == 0  # the second 20 MHz are below
    return {115: 116, 118: 119, 121: 122, 125: 126}[first] + (1 if upper else 0)


def _device_address(radios: list[Radio]) -> str:
    """What a Multi-AP device would be known by: its first radio's address."""
    return radios[0].key if radios and radios[0].key.count(":") == 5 else ""


def _octets(address: str) -> bytes:
    return bytes.fromhex(address.replace(":", "")) if address.count(":") == 5 else b""
