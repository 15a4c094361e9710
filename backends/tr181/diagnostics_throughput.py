"""Device.IP.Diagnostics.: DownloadDiagnostics and UploadDiagnostics (TR-143)."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from agent.model.object import Parameter
from backends.desired_state import Pointer, Record, Refused
from backends.tr181.diagnostics import LONGEST, Rows, Test, at_most, needed
from backends.tr181.record_table import Keys

if TYPE_CHECKING:
    from backends.diagnostics.throughput_types import TransferRequest

DOWNLOAD: Final = "Device.IP.Diagnostics.DownloadDiagnostics."
UPLOAD: Final = "Device.IP.Diagnostics.UploadDiagnostics."
MOST_CONNECTIONS: Final = 16
MOST_INTERVALS: Final = 100
LARGEST: Final = 1 << 40
"""Octets on one connection: what a line of 2.4 Gbit/s takes in an hour, which is when the test is ended."""
TIMES: Final = ("ROMTime", "BOMTime", "EOMTime", "TCPOpenRequestTime", "TCPOpenResponseTime")
TOTALS: Final = ("TotalBytesReceived", "TotalBytesSent")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThroughputSettings(Record):
    """What both have; times in seconds."""

    interface: Pointer | None = None
    dscp: int = 0
    ethernet_priority: int = 0
    time_based_test_duration: int = 0
    time_based_test_measurement_interval: int = 0
    time_based_test_measurement_offset: int = 0
    protocol_version: str = "Any"
    number_of_connections: int = 1
    enable_per_connection_results: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class DownloadSettings(ThroughputSettings):
    """DownloadDiagnostics."""

    download_url: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class UploadSettings(ThroughputSettings):
    """UploadDiagnostics; ``test_file_length`` in octets, on each connection."""

    upload_url: str = ""
    test_file_length: int = 0


INPUTS: Final = (
    "Interface",
    "DSCP",
    "EthernetPriority",
    "TimeBasedTestDuration",
    "TimeBasedTestMeasurementInterval",
    "TimeBasedTestMeasurementOffset",
    "ProtocolVersion",
    "NumberOfConnections",
    "EnablePerConnectionResults",
)


def _request(settings: ThroughputSettings, link: str, url: str, size: int = 0) -> "TransferRequest":
    from backends.diagnostics.sockets import Way
    from backends.diagnostics.throughput_types import TransferRequest

    return TransferRequest(
        url,
        Way(link, settings.dscp, settings.ethernet_priority, settings.protocol_version),
        settings.number_of_connections,
        settings.time_based_test_duration,
        settings.time_based_test_measurement_interval,
        settings.time_based_test_measurement_offset,
        size,
        settings.enable_per_connection_results,
    )


def _check(settings: ThroughputSettings, name: str) -> None:
    from backends.diagnostics.failures import DiagnosticFailed
    from backends.diagnostics.throughput_types import checked_url

    kind = type(settings)
    needed(kind, settings, name)
    try:
        checked_url(getattr(settings, name))
    except DiagnosticFailed as failure:
        raise Refused(failure.text, kind, fields=[name]) from failure
    at_most(kind, settings, number_of_connections=MOST_CONNECTIONS, time_based_test_duration=LONGEST)
    interval, left = (
        settings.time_based_test_measurement_interval,
        settings.time_based_test_duration - settings.time_based_test_measurement_offset,
    )
    if settings.time_based_test_duration and interval and left // interval > MOST_INTERVALS:
        field = "time_based_test_measurement_interval"
        raise Refused(f"{{{field}}} would make more than {MOST_INTERVALS} rows", kind, fields=[field])


def _check_upload(settings: UploadSettings) -> None:
    _check(settings, "upload_url")
    at_most(UploadSettings, settings, test_file_length=LARGEST)
    if not settings.time_based_test_duration:
        needed(UploadSettings, settings, "test_file_length")


def _results(counted: str) -> dict[str, Any]:
    loaded = [f"{name}UnderFullLoading" for name in (counted, *TOTALS)]
    counts = (counted, *TOTALS, *loaded, "PeriodOfFullLoading")
    return {"IPAddressUsed": "", **dict.fromkeys(TIMES), **dict.fromkeys(counts, 0)}


def _rows(path: str, counted: str) -> tuple[Rows, Rows]:
    counts = dict.fromkeys((counted, *TOTALS), 0)
    return (
        Rows(f"{path}PerConnectionResult.{{i}}.", "connections", {**dict.fromkeys(TIMES), **counts}),
        Rows(f"{path}IncrementalResult.{{i}}.", "intervals", {**dict.fromkeys(("StartTime", "EndTime")), **counts}),
    )


def _able(transports: str, connections: str, intervals: str) -> Callable[[object], Sequence[Parameter[Keys, Any]]]:
    return lambda _tables: (
        Parameter(transports, lambda _: ("HTTP", "FTP")),
        Parameter(connections, lambda _: MOST_CONNECTIONS),
        Parameter(intervals, lambda _: MOST_INTERVALS),
    )


DOWNLOADED: Final = Test(
    name="DownloadDiagnostics",
    path=DOWNLOAD,
    settings=DownloadSettings,
    place="backends.diagnostics.throughput:download",
    request=lambda settings, link: _request(settings, link, settings.download_url),
    inputs=("DownloadURL", *INPUTS),
    results=_results("TestBytesReceived"),
    rows=_rows(DOWNLOAD, "TestBytesReceived"),
    check=lambda settings: _check(settings, "download_url"),
    # The name of the second differs from the upload's in TR-181 itself.
    more=_able("DownloadTransports", "DownloadDiagnosticMaxConnections", "DownloadDiagnosticsMaxIncrementalResult"),
    needs=("refusal",),
)
UPLOADED: Final = Test(
    name="UploadDiagnostics",
    path=UPLOAD,
    settings=UploadSettings,
    place="backends.diagnostics.throughput:upload",
    request=lambda settings, link: _request(settings, link, settings.upload_url, settings.test_file_length),
    inputs=("UploadURL", "TestFileLength", *INPUTS),
    results=_results("TestBytesSent"),
    rows=_rows(UPLOAD, "TestBytesSent"),
    check=_check_upload,
    more=_able("UploadTransports", "UploadDiagnosticsMaxConnections", "UploadDiagnosticsMaxIncrementalResult"),
    needs=("refusal",),
)
