"""What the diagnostics are given of the agent: the home is known, captures can be uploaded, scans are told of."""

from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.diagnostics.beside import connect, homes
from agent.model.own_values import OwnValues
from agent.transfers.file_types import FileTypes
from agent.transfers.url_policy import UrlPolicy
from backends.netlink_types import Address, RouteTo
from backends.tr181.diagnostics import DiagnosticTables
from backends.tr181.diagnostics_throughput import DOWNLOADED
from backends.tr181.mechanisms import Mechanisms


@dataclass
class Told:
    ended: list[tuple[str, str]] = field(default_factory=list)

    def ended_elsewhere(self, name: str, state: str) -> None:
        self.ended.append((name, state))


def mechanisms(tmp_path: Path, outside: frozenset[str] = frozenset({"wan"}), **more: Any) -> Mechanisms:
    addresses = [
        Address("lo", 4, "127.0.0.1", 8),
        Address("wan", 4, "203.0.113.9", 24),
        Address("lan", 4, "192.168.1.1", 24),
        Address("lan", 6, "2001:db8:1::1", 64),
        Address("mgmt", 4, "10.0.0.5", 24),
    ]
    nothing: Any = None
    network: Any = SimpleNamespace(outside=lambda: outside)
    netlink: Any = SimpleNamespace(addresses=lambda: addresses)
    return Mechanisms(
        netlink, nothing, nothing, nothing, nothing, network, OwnValues({}, {}), links=nothing, directory=tmp_path,
        management_path=lambda: RouteTo("mgmt", "10.0.0.5"), **more,
    )  # fmt: skip


def test_the_home_is_what_is_on_links_that_lead_neither_outside_nor_to_the_acs(tmp_path: Path) -> None:
    assert {str(one) for one in homes(mechanisms(tmp_path))} == {"127.0.0.0/8", "192.168.1.0/24", "2001:db8:1::/64"}
    assert list(homes(mechanisms(tmp_path, frozenset()))) == []  # who knows no way out cannot tell what is home


@pytest.mark.parametrize(
    ("address", "is_refused"), [("192.168.1.20", True), ("203.0.113.9", True), ("203.0.113.1", False)]
)
def test_a_download_is_given_whom_not_to_speak_to(tmp_path: Path, address: str, is_refused: bool) -> None:
    book = DiagnosticTables([DOWNLOADED], lambda _: "")
    given = mechanisms(tmp_path, diagnostics=book)
    connect(Told(), given, UrlPolicy, lambda: None, FileTypes(), "00D09E")  # type: ignore[arg-type, return-value]
    request = book.request("DownloadDiagnostics", {"DownloadURL": f"http://{address}/"})
    assert bool(request.refusal(address, 80)) is is_refused


def test_the_last_capture_can_be_uploaded_by_its_own_type(tmp_path: Path) -> None:
    types = FileTypes()
    given = mechanisms(tmp_path, diagnostics=DiagnosticTables([DOWNLOADED], lambda _: ""))
    connect(Told(), given, UrlPolicy, lambda: None, types, "00D09E")  # type: ignore[arg-type, return-value]
    types.check("X 00D09E Packet Capture", is_upload=True)


def test_the_end_of_a_scan_is_told(tmp_path: Path) -> None:
    told, scan = Told(), SimpleNamespace(state="Complete", finished=lambda: None)
    wifi: Any = SimpleNamespace(scan=scan)
    given = mechanisms(tmp_path, diagnostics=DiagnosticTables([DOWNLOADED], lambda _: ""), wifi=wifi)
    connect(told, given, UrlPolicy, lambda: None, FileTypes(), "00D09E")  # type: ignore[arg-type, return-value]
    scan.finished()
    assert told.ended == [("NeighboringWiFiDiagnostic", "Complete")]


def test_an_installation_without_diagnostics_is_given_nothing(tmp_path: Path) -> None:
    types = FileTypes()
    connect(Told(), mechanisms(tmp_path), UrlPolicy, lambda: None, types, "00D09E")  # type: ignore[arg-type, return-value]
    assert types.names == ((), ())
