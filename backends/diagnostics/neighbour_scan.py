"""NeighboringWiFiDiagnostic for people: who is on the air, told as each radio hears it; the ACS's runs by itself."""

import select
import socket
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any, Final

from backends.diagnostics.failures import DiagnosticFailed
from backends.errors import MechanismError, Missing
from backends.generic_netlink import heard
from backends.netlink import Netlink
from backends.nl80211 import Nl80211, scanned
from backends.wifi import neighbours
from backends.wifi.scan import COMPLETE, ERROR, REQUESTED, NeighbourScan
from backends.wireless_types import Neighbour

STEP: Final = 0.1
NO_RADIO: Final = "this machine has no radio for Wi-Fi"


@dataclass(frozen=True, slots=True)
class ScanRequest:
    """``may_raise``: links that may be brought up for as long as they listen."""

    may_raise: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Heard:
    """An access point; ``signal`` in dBm, ``width`` in MHz, the other words are TR-181's."""

    radio: str
    bssid: str
    ssid: str
    band: str
    channel: int
    width: int
    signal: int
    security: str
    standards: str


@dataclass(frozen=True, slots=True)
class ScanResult:
    """All of them, the strongest first."""

    access_points: int
    neighbours: tuple[Heard, ...]


class NeighbourLook:
    """NeighboringWiFiDiagnostic."""

    name = "NeighboringWiFiDiagnostic"

    def __init__(self, air: Callable[[], Nl80211] = Nl80211, links: Callable[[], Netlink] = Netlink) -> None:
        """What is asked, made anew in the thread that runs it."""
        self._air = air
        self._links = links

    def run(
        self, request: ScanRequest, progress: Callable[[Mapping[str, Any]], None], cancelled: Callable[[], bool]
    ) -> ScanResult | None:
        """See agent.diagnostics.engine.Diagnostic."""
        air, links = self._air(), self._links()
        try:
            radios = {one.key: one.name for one in air.radios()}
            listener = air.listener()
        except Missing as error:
            raise DiagnosticFailed(ERROR, NO_RADIO) from error
        except MechanismError as error:
            raise DiagnosticFailed(ERROR, f"the radios cannot be asked: {error.reason}") from error
        scan = NeighbourScan(air, links, request.may_raise.__contains__)
        with listener:
            try:
                if not radios:
                    raise DiagnosticFailed(ERROR, NO_RADIO)
                return self._scanned(scan, listener, radios, progress, cancelled)
            finally:
                scan.cancel()  # a link that was brought up goes down again
                links.close()
                air.close()

    @staticmethod
    def _scanned(
        scan: NeighbourScan,
        listener: socket.socket,
        radios: Mapping[str, str],
        progress: Callable[[Mapping[str, Any]], None],
        cancelled: Callable[[], bool],
    ) -> ScanResult | None:
        told: dict[str, Heard] = {}
        progress({"radios": sorted(radios.values())})
        scan.begin()
        while True:
            for key, one in scan.found:
                if one.bssid not in told:
                    told[one.bssid] = made = _heard(radios.get(key, key), one)
                    progress(asdict(made))
            if scan.state != REQUESTED or cancelled():
                break
            if select.select([listener], [], [], STEP)[0]:
                scan.ended(scanned(heard(listener)))
            scan.go_on()
        if cancelled():
            return None
        if scan.state != COMPLETE:
            why = "no radio has listened: none has a link that is up, or another scan is under way ([network] manage)"
            raise DiagnosticFailed(ERROR, why)
        return ScanResult(len(told), tuple(sorted(told.values(), key=lambda one: -one.signal)))


def _heard(radio: str, one: Neighbour) -> Heard:
    return Heard(
        radio,
        one.bssid,
        neighbours.ssid(one),
        neighbours.band(one),
        neighbours.channel(one),
        neighbours.width(one),
        int(one.signal or 0),
        neighbours.security(one).mode,
        ",".join(neighbours.standards(one)),
    )
