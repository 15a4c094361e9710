"""Device.WiFi.AccessPoint.{i}.AssociatedDevice.: who is there, how strong, how fast."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from agent.model.object import Object, Parameter
from backends.system import System
from backends.tr181.wifi_tables import ASSOCIATED, WifiTables
from backends.wifi.rows import PointRow
from backends.wireless_types import Survey, WifiStation

LOWEST_RATE: Final = 1000
"""kbit/s: the data model knows no slower one, nor has 802.11."""
MOST_REMEMBERED: Final = 4096
JITTER: Final = timedelta(seconds=2)
"""The kernel counts whole seconds: within this a time of association is the same one."""


@dataclass(frozen=True, slots=True)
class StationRow:
    """A station of an access point."""

    point: PointRow
    station: WifiStation
    survey: Survey | None


def associated_devices(tables: WifiTables, system: System) -> list[Object[Any]]:
    """AssociatedDevice and its Stats. Numbers are volatile: who comes and goes writes nothing to flash."""
    since: dict[tuple[str, str], datetime] = {}

    def rows() -> Iterable[StationRow]:
        for point in tables.rows.points:
            link = point.ssid.link if point.ssid else None
            if link is not None and link.mode == "ap":
                survey = tables.nl80211.survey(link.name)
                for station in tables.nl80211.stations(link.name):
                    yield StationRow(point, station, survey)

    def associated_at(row: StationRow) -> datetime | None:
        if row.station.connected is None:
            return None
        key = (row.point.key, row.station.mac)
        now = system.clock() - timedelta(seconds=row.station.connected)
        if key not in since or abs(since[key] - now) > JITTER:
            if len(since) > MOST_REMEMBERED:
                since.clear()
            since[key] = now.replace(microsecond=0)
        return since[key]

    def noise_rows() -> list[StationRow]:
        return [row for row in rows() if row.survey is not None and row.survey.noise is not None]

    parameters: list[Parameter[StationRow, Any]] = [
        Parameter("MACAddress", lambda row: row.station.mac),
        Parameter("OperatingStandard", _standard),
        Parameter("AuthenticationState", lambda row: row.station.authorized),
        Parameter("LastDataDownlinkRate", lambda row: max(row.station.tx.kbps, LOWEST_RATE)),
        Parameter("LastDataUplinkRate", lambda row: max(row.station.rx.kbps, LOWEST_RATE)),
        Parameter("AssociationTime", associated_at),
        Parameter("SignalStrength", lambda row: row.station.signal or 0),
        Parameter("Active", lambda row: row.station.associated),
    ]
    noise: list[Parameter[StationRow, Any]] = [
        Parameter("Noise", lambda row: row.survey.noise if row.survey else None),
        Parameter("SNR", lambda row: max((row.station.signal or 0) - ((row.survey and row.survey.noise) or 0), 0)),
    ]
    stats: list[Parameter[StationRow, Any]] = [
        Parameter("BytesSent", lambda row: row.station.tx_bytes),
        Parameter("BytesReceived", lambda row: row.station.rx_bytes),
        Parameter("PacketsSent", lambda row: row.station.tx_packets),
        Parameter("PacketsReceived", lambda row: row.station.rx_packets),
        Parameter("ErrorsSent", lambda row: row.station.tx_failed),
        Parameter("ErrorsReceived", lambda row: row.station.rx_dropped),
        Parameter("RetransCount", lambda row: row.station.tx_retries),
        Parameter("FailedRetransCount", lambda row: row.station.tx_failed),
    ]
    described = ((ASSOCIATED, rows, parameters), (ASSOCIATED, noise_rows, noise), (f"{ASSOCIATED}Stats.", rows, stats))
    return [
        Object(
            path=path,
            rows=some,
            keys=lambda row: (row.point.key, row.station.mac),
            parameters=told,
            changed_by=("station",),
            durable=False,
            source=lambda row: f"nl80211 stations of {row.station.link}",
        )
        for path, some, told in described
    ]


def _standard(row: StationRow) -> str:
    """By the rates in use; of a station that has only sent slow ones, that of the band."""
    told = row.station.rx.standard or row.station.tx.standard
    link = row.point.ssid.link if row.point.ssid else None
    if told:
        return told
    return "a" if link and (link.frequency or 0) > 4900 else "b" if row.station.rx.kbps in (1000, 2000) else "g"
