"""Device.WiFi.NeighboringWiFiDiagnostic. as people run it; its object is the wireless service's (wifi_neighbours)."""

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from backends.desired_state import Record
from backends.tr181.diagnostics import Test
from backends.tr181.mechanisms import Mechanisms

if TYPE_CHECKING:
    from backends.diagnostics.neighbour_scan import ScanRequest

SCAN: Final = "Device.WiFi.NeighboringWiFiDiagnostic."


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanSettings(Record):
    """There is nothing to set."""


def neighbouring(given: Mechanisms) -> Test:
    """The scan of a machine whose links may be brought up to listen where ``[network] manage`` lets them."""

    def request(_settings: ScanSettings, _link: str) -> "ScanRequest":
        from backends.diagnostics.neighbour_scan import ScanRequest

        links = [one.name for one in given.netlink.links()]
        return ScanRequest(frozenset(one for one in links if given.links.may_change(one)))

    return Test(
        name="NeighboringWiFiDiagnostic",
        path=SCAN,
        settings=ScanSettings,
        place="backends.diagnostics.neighbour_scan:NeighbourLook",
        request=request,
        is_elsewhere=True,
    )
