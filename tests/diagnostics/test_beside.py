"""What the diagnostics are given of the agent: the home is known, captures can be uploaded, scans are told of."""

from dataclasses import dataclass, field
from ipaddress import ip_network
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from agent.diagnostics.beside import connect
from agent.model.own_values import OwnValues
from agent.transfers.file_types import FileTypes
from agent.transfers.url_policy import UrlPolicy
from backends.netlink_types import Address
from backends.tr181.diagnostics import DiagnosticTables
from backends.tr181.diagnostics_throughput import DOWNLOADED
from backends.tr181.mechanisms import Mechanisms


@dataclass
class Told:
    ended: list[tuple[str, str]] = field(default_factory=list)

    def ended_elsewhere(self, name: str, state: str) -> None:
        self.ended.append((name, state))


def mechanisms(tmp_path: Path, **more: Any) -> Mechanisms:
    nothing: Any = None
    netlink: Any = SimpleNamespace(addresses=lambda: [Address("wan", 4, "203.0.113.9", 24)])
    return Mechanisms(
        netlink, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing, directory=tmp_path,
        **more,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("address", "is_refused"), [("192.168.1.20", True), ("203.0.113.9", True), ("203.0.113.1", False)]
)
def test_a_download_is_given_whom_not_to_speak_to(tmp_path: Path, address: str, is_refused: bool) -> None:
    book = DiagnosticTables([DOWNLOADED], lambda _: "")
    given = mechanisms(tmp_path, diagnostics=book)
    policy = UrlPolicy(homes=(ip_network("192.168.1.0/24"),))
    connect(Told(), given, lambda: policy, lambda: None, FileTypes(), "00D09E")  # type: ignore[arg-type, return-value]
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
