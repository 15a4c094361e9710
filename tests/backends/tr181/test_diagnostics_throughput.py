"""DownloadDiagnostics and UploadDiagnostics: what an ACS sets reaches the test, and what came of it reads by name."""

from datetime import datetime
from typing import Any

import pytest

from agent.diagnostics.engine import plain
from agent.model.coverage import coverage
from backends.diagnostics.sockets import Way
from backends.diagnostics.throughput import download, upload
from backends.tr181.diagnostics import DiagnosticTables, objects_of
from backends.tr181.diagnostics_ip import supported
from backends.tr181.diagnostics_throughput import DOWNLOADED, UPLOADED
from tests.backends.diagnostics import speed_server as server
from tests.backends.diagnostics.speed_server import http_server
from tests.backends.small_device import SmallDevice

DOWNLOAD = "Device.IP.Diagnostics.DownloadDiagnostics."
UPLOAD = "Device.IP.Diagnostics.UploadDiagnostics."


def device() -> tuple[SmallDevice, DiagnosticTables]:
    tables = DiagnosticTables([DOWNLOADED, UPLOADED], lambda _: "eth0")
    tables.provided["refusal"] = lambda: lambda address, _port: f"not {address}"
    made = SmallDevice(
        [supported(tables), *objects_of(tables, DOWNLOADED), *objects_of(tables, UPLOADED)], backends=[tables]
    )
    return made, tables


def test_the_profiles_that_tr_181_has_of_them_are_whole() -> None:
    made, _ = device()
    names = ["Download:1", "DownloadTCP:1", "DownloadAnalytics:1", "Upload:1", "UploadTCP:1", "UploadAnalytics:1"]
    for profile in coverage(made.model.tree, names, lambda _: ""):
        assert profile.missing == (), profile


def test_what_is_set_is_what_is_asked_of_the_test() -> None:
    made, tables = device()
    made.set(
        {
            f"{DOWNLOAD}DownloadURL": "http://files.example/10M?x=1",
            f"{DOWNLOAD}DSCP": "46",
            f"{DOWNLOAD}EthernetPriority": "5",
            f"{DOWNLOAD}TimeBasedTestDuration": "20",
            f"{DOWNLOAD}TimeBasedTestMeasurementInterval": "4",
            f"{DOWNLOAD}TimeBasedTestMeasurementOffset": "2",
            f"{DOWNLOAD}ProtocolVersion": "IPv6",
            f"{DOWNLOAD}NumberOfConnections": "3",
            f"{DOWNLOAD}EnablePerConnectionResults": "true",
            f"{DOWNLOAD}DiagnosticsState": "Requested",
        }
    )
    assert tables.requested() == ("DownloadDiagnostics", 1)
    request = tables.request("DownloadDiagnostics")
    assert request.url == "http://files.example/10M?x=1"
    assert request.way == Way("", 46, 5, "IPv6")
    assert (request.connections, request.duration, request.interval, request.offset) == (3, 20, 4, 2)
    assert request.per_connection
    assert request.refusal("192.0.2.1", 80) == "not 192.0.2.1"


@pytest.mark.parametrize(
    ("path", "values"),
    [
        (DOWNLOAD, {"DownloadURL": ""}),
        (DOWNLOAD, {"DownloadURL": "https://files.example/"}),
        (DOWNLOAD, {"DownloadURL": "http://files.example/", "NumberOfConnections": "17"}),
        (
            DOWNLOAD,
            {
                "DownloadURL": "http://files.example/",
                "TimeBasedTestDuration": "999",
                "TimeBasedTestMeasurementInterval": "1",
            },
        ),
        (UPLOAD, {"UploadURL": "http://files.example/"}),
        (UPLOAD, {"TestFileLength": "10", "UploadURL": "http://files.example/", "NumberOfConnections": "4294967295"}),
        (UPLOAD, {"UploadURL": "file:///etc/passwd", "TestFileLength": "10"}),
    ],
)
def test_what_cannot_be_run_is_refused_with_the_request_by_the_last_that_was_set_wrong(
    path: str, values: dict[str, str]
) -> None:
    made, tables = device()
    refused = made.refused(
        {**{path + name: text for name, text in values.items()}, f"{path}DiagnosticsState": "Requested"}
    )
    assert set(refused.values()) == {"InvalidValue"}
    if "TestFileLength" in values or path == DOWNLOAD:  # what was not set cannot be named
        assert list(refused) == [path + [name for name in values if name != "TestFileLength"][-1]]
    assert made.get(f"{path}DiagnosticsState") == "None"
    assert tables.requested() is None


def test_more_octets_than_any_test_could_send_are_refused() -> None:
    values = {"UploadURL": "http://files.example/", "TestFileLength": str(2**64 - 1), "DiagnosticsState": "Requested"}
    refused = device()[0].refused({UPLOAD + name: text for name, text in values.items()})
    assert refused == {f"{UPLOAD}TestFileLength": "InvalidValue"}


@pytest.mark.parametrize("is_upload", [False, True])
def test_what_came_of_it_reads_by_its_names_with_microseconds(is_upload: bool) -> None:
    made, tables = device()
    path, name, word, size = (
        (UPLOAD, "UploadDiagnostics", "UploadURL", {f"{UPLOAD}TestFileLength": "200000"})
        if is_upload
        else (DOWNLOAD, "DownloadDiagnostics", "DownloadURL", {})
    )
    counted = "TestBytesSent" if is_upload else "TestBytesReceived"
    with http_server(server.put if is_upload else server.file_of(200_000)) as (url, _):
        made.set(
            {
                f"{path}{word}": url,
                f"{path}NumberOfConnections": "2",
                f"{path}EnablePerConnectionResults": "1",
                f"{path}DiagnosticsState": "Requested",
                **size,
            }
        )
        tables.request(name)
        request: Any = tables.tests[name].request(tables.in_force.get(tables.tests[name].settings), "lo")
        found = (upload if is_upload else download)().run(request, lambda _: None, lambda: False)
    tables.ended(name, 1, "Complete", plain(found), "")
    told = made.tree(path)
    assert told["DiagnosticsState"] == "Complete"
    assert told["IPAddressUsed"] == "127.0.0.1"
    assert told["PerConnectionResultNumberOfEntries"] == "2"
    assert told["IncrementalResultNumberOfEntries"] == "0"
    both = [int(told[f"PerConnectionResult.{number}.{counted}"]) for number in (1, 2)]
    assert sum(both) == int(told[counted]) > 400_000
    begun, ended = (datetime.fromisoformat(told[f"PerConnectionResult.1.{name}"]) for name in ("BOMTime", "EOMTime"))
    assert begun < ended
    assert told["ROMTime"].startswith("20")
    assert "." in told["ROMTime"]
    assert int(told["TotalBytesReceived"]) > 100_000
    made.set({f"{path}DSCP": "1"})
    assert made.get(f"{path}DiagnosticsState") == "None"
