"""PacketCaptureDiagnostics: what an ACS sets reaches the capture, and the file reads by its place."""

from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from agent.diagnostics.engine import plain
from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.diagnostics.packet_capture import CaptureRequest, PacketCapture, Target
from backends.tr181.diagnostics import DiagnosticTables, objects_of
from backends.tr181.diagnostics_capture import directory_of, packet_capture
from backends.tr181.mechanisms import Mechanisms
from tests.backends.diagnostics.test_packet_capture import chatter
from tests.backends.diagnostics.test_packet_capture import pytestmark as needs_root
from tests.backends.small_device import SmallDevice

CAPTURE = "Device.PacketCaptureDiagnostics."


def device(directory: Path) -> tuple[SmallDevice, DiagnosticTables]:
    nothing: Any = None
    given = Mechanisms(
        nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing, directory=directory
    )
    assert directory_of(given) == directory / "captures"
    tables = DiagnosticTables([packet_capture(given)], lambda _: "lo")
    return SmallDevice(objects_of(tables, tables.tests["PacketCaptureDiagnostics"]), backends=[tables]), tables


def test_what_is_set_is_what_is_asked_and_the_password_reads_as_nothing(tmp_path: Path) -> None:
    made, tables = device(tmp_path)
    made.set(
        {
            f"{CAPTURE}Duration": "20",
            f"{CAPTURE}PacketCount": "100",
            f"{CAPTURE}ByteCount": "50000",
            f"{CAPTURE}FilterExpression": "udp port 53",
            f"{CAPTURE}FileTarget": "https://files.example/capture",
            f"{CAPTURE}Username": "me",
            f"{CAPTURE}Password": "word",
            f"{CAPTURE}DiagnosticsState": "Requested",
        }
    )
    target = Target("https://files.example/capture", "me", "word")
    directory = tmp_path / "captures"
    asked = CaptureRequest("", directory, 20, 100, 50_000, "udp port 53", target)
    assert tables.request("PacketCaptureDiagnostics") == asked
    assert made.get(f"{CAPTURE}Password") == ""
    assert made.get(f"{CAPTURE}Format") == "libpcap"


@pytest.mark.parametrize(
    "values",
    [
        {"FilterExpression": "tcp and"},
        {"Duration": "3601"},
        {"FileTarget": "file:///etc/passwd"},
        {"FileTarget": "../x"},
    ],
)
def test_what_cannot_be_captured_or_sent_is_refused(tmp_path: Path, values: dict[str, str]) -> None:
    made, _ = device(tmp_path)
    asked = {**values, "DiagnosticsState": "Requested"}
    assert made.refused({CAPTURE + name: text for name, text in asked.items()})


@needs_root
def test_the_file_reads_by_its_place_and_times(tmp_path: Path) -> None:
    made, tables = device(tmp_path)
    with chatter() as port:
        made.set(
            {
                f"{CAPTURE}PacketCount": "3",
                f"{CAPTURE}FilterExpression": f"port {port}",
                f"{CAPTURE}DiagnosticsState": "Requested",
            }
        )
        found = PacketCapture().run(
            tables.request("PacketCaptureDiagnostics", {"PacketCount": 3}, "lo"), lambda _: None, lambda: False
        )
    tables.ended("PacketCaptureDiagnostics", 1, "Complete", plain(found), "")
    told = made.tree(CAPTURE)
    assert told["PacketCaptureResultNumberOfEntries"] == "1"
    assert told["PacketCaptureResult.1.Count"] == "3"
    assert told["PacketCaptureResult.1.FileLocation"] == (tmp_path / "captures/capture.pcap").as_uri()
    begun, ended = (datetime.fromisoformat(told[f"PacketCaptureResult.1.{name}"]) for name in ("StartTime", "EndTime"))
    assert begun <= ended


def test_every_parameter_of_the_schema_is_bound(tmp_path: Path) -> None:
    made, _ = device(tmp_path)
    profiles = [one for one in coverage(made.model.tree, ["PacketCapture:1"], lambda _: "") if one.required]
    assert all(one.missing == () for one in profiles)
    assert len(made.tree(CAPTURE)) == 11
