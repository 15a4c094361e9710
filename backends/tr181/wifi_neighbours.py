"""Device.WiFi.NeighboringWiFiDiagnostic.: who else is on the air, scanned for when asked."""

from typing import Any, Final

from agent.model.object import Object, Parameter, Target
from backends.tr181.wifi_tables import RADIO, WifiTables
from backends.wifi import neighbours
from backends.wifi.scan import CANCELED, REQUESTED
from backends.wireless_types import Neighbour

DIAGNOSTIC: Final = "Device.WiFi.NeighboringWiFiDiagnostic."

Heard = tuple[str, Neighbour]
"""The key of the radio that heard it, and what it heard."""


def neighbouring_wifi(tables: WifiTables) -> list[Object[Any]]:
    """The diagnostic and its results, which are volatile."""
    scan = tables.scan

    def set_state(_: None, value: str) -> None:
        if value == REQUESTED:
            tables.then(scan.begin)
        elif value == CANCELED:
            tables.then(scan.cancel)

    parameters: list[Parameter[Heard, Any]] = [
        Parameter("Radio", lambda heard: Target(RADIO, (heard[0],))),
        Parameter("SSID", lambda heard: neighbours.ssid(heard[1])),
        Parameter("BSSID", lambda heard: heard[1].bssid),
        Parameter("Mode", lambda heard: "AdHoc" if neighbours.is_adhoc(heard[1]) else "Infrastructure"),
        Parameter("Channel", lambda heard: neighbours.channel(heard[1])),
        Parameter("SignalStrength", lambda heard: int(heard[1].signal or 0)),
        Parameter("SecurityModeEnabled", lambda heard: neighbours.security(heard[1]).mode),
        Parameter("EncryptionMode", lambda heard: neighbours.security(heard[1]).ciphers),
        Parameter("OperatingFrequencyBand", lambda heard: neighbours.band(heard[1])),
        Parameter("SupportedStandards", lambda heard: neighbours.standards(heard[1])),
        Parameter("OperatingStandards", lambda heard: neighbours.standards(heard[1])),
        Parameter("OperatingChannelBandwidth", lambda heard: f"{neighbours.width(heard[1])}MHz"),
        Parameter("BeaconPeriod", lambda heard: heard[1].beacon_interval),
        Parameter("BasicDataTransferRates", lambda heard: [f"{rate:g}" for rate in neighbours.basic_rates(heard[1])]),
        Parameter("SupportedDataTransferRates", lambda heard: [f"{one:g}" for one in neighbours.all_rates(heard[1])]),
        Parameter("DTIMPeriod", lambda heard: neighbours.dtim_period(heard[1])),
    ]
    itself: Object[None] = Object(
        path=DIAGNOSTIC,
        rows=lambda: (None,),
        keys=lambda _: (),
        parameters=[Parameter("DiagnosticsState", lambda _: scan.state, set_state)],
        changed_by=("scan",),
        backend=tables,
        source=lambda _: "a scan by nl80211",
    )
    results: Object[Heard] = Object(
        path=f"{DIAGNOSTIC}Result.{{i}}.",
        rows=lambda: scan.found,
        keys=lambda heard: (heard[1].bssid,),
        parameters=parameters,
        changed_by=("scan",),
        durable=False,
        source=lambda heard: f"heard on {heard[1].link}",
    )
    return [itself, results]
