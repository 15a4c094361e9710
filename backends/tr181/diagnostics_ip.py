"""Device.IP.Diagnostics.: IPPing, TraceRoute and ServerSelectionDiagnostics, and which diagnostics there are."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from agent.model.object import Object, Parameter
from backends.desired_state import Pointer, Record, Refused
from backends.tr181.diagnostics import LONGEST_TIMEOUT, DiagnosticTables, Rows, Test, at_most, ends, needed

if TYPE_CHECKING:
    from backends.diagnostics.ping import PingRequest
    from backends.diagnostics.server_selection import SelectionRequest
    from backends.diagnostics.trace_route import TraceRequest

IP: Final = "Device.IP.Diagnostics."
SUPPORTED: Final = {
    "IPPing": "Ping",
    "TraceRoute": "TraceRoute",
    "DownloadDiagnostics": "DownloadDiagnostics",
    "UploadDiagnostics": "UploadDiagnostics",
    "UDPEchoDiagnostics": "UDPEchoDiagnostics",
    "ServerSelectionDiagnostics": "ServerSelectionDiagnostics",
}
"""By diagnostic, the word of "IPv4…Supported"."""
MOST_DATA: Final = {"IPv4": 65_507, "Any": 65_507, "IPv6": 65_527}
"""Octets that a packet of IP has room for behind eight octets of ICMP or UDP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PingSettings(Record):
    """IPPing; ``timeout`` and ``interval`` in ms, the latter for people only."""

    interface: Pointer | None = None
    protocol_version: str = "Any"
    host: str = ""
    number_of_repetitions: int = 3
    timeout: int = 5000
    data_block_size: int = 56
    dscp: int = 0
    interval: int = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class TraceSettings(Record):
    """TraceRoute, with the defaults that TR-181 names; ``timeout`` in ms. By ``icmp`` where a person says so."""

    interface: Pointer | None = None
    protocol_version: str = "Any"
    host: str = ""
    number_of_tries: int = 3
    timeout: int = 5000
    data_block_size: int = 38
    dscp: int = 0
    max_hop_count: int = 30
    icmp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class SelectionSettings(Record):
    """ServerSelectionDiagnostics; ``timeout`` in ms."""

    interface: Pointer | None = None
    protocol_version: str = "Any"
    protocol: str = "ICMP"
    host_list: tuple[str, ...] = ()
    number_of_repetitions: int = 3
    timeout: int = 1000


def _ping(settings: PingSettings, link: str) -> "PingRequest":
    from backends.diagnostics.ping import PingRequest
    from backends.diagnostics.sockets import Way

    way = Way(link, settings.dscp, version=settings.protocol_version)
    size, repetitions = settings.data_block_size, settings.number_of_repetitions
    return PingRequest(settings.host, way, repetitions, settings.timeout, size, settings.interval)


def _trace(settings: TraceSettings, link: str) -> "TraceRequest":
    from backends.diagnostics.sockets import Way
    from backends.diagnostics.trace_route import TraceRequest

    way = Way(link, settings.dscp, version=settings.protocol_version)
    size, hops = settings.data_block_size, settings.max_hop_count
    return TraceRequest(settings.host, way, settings.number_of_tries, settings.timeout, size, hops, settings.icmp)


def _selection(settings: SelectionSettings, link: str) -> "SelectionRequest":
    from backends.diagnostics.server_selection import SelectionRequest
    from backends.diagnostics.sockets import Way

    way, by_udp = Way(link, version=settings.protocol_version), settings.protocol == "UDP Echo"
    return SelectionRequest(settings.host_list, way, settings.number_of_repetitions, settings.timeout, by_udp)


def _check_sent(settings: "PingSettings | TraceSettings") -> None:
    kind = type(settings)
    needed(kind, settings, "host")
    at_most(kind, settings, data_block_size=MOST_DATA[settings.protocol_version], timeout=LONGEST_TIMEOUT)
    if isinstance(settings, PingSettings):
        ends(kind, settings.number_of_repetitions * settings.interval, "number_of_repetitions")


def _check_selection(settings: SelectionSettings) -> None:
    needed(SelectionSettings, settings, "host_list")
    if not all(settings.host_list):
        raise Refused("{host_list} has a host without a name", SelectionSettings, fields=["host_list"])
    at_most(SelectionSettings, settings, timeout=LONGEST_TIMEOUT)
    worst = len(settings.host_list) * settings.number_of_repetitions * settings.timeout
    ends(SelectionSettings, worst, "number_of_repetitions", "timeout")


PING: Final = Test(
    name="IPPing",
    path=f"{IP}IPPing.",
    settings=PingSettings,
    place="backends.diagnostics.ping:Ping",
    request=_ping,
    inputs=("Interface", "ProtocolVersion", "Host", "NumberOfRepetitions", "Timeout", "DataBlockSize", "DSCP"),
    results={
        "IPAddressUsed": "",
        **dict.fromkeys(("SuccessCount", "FailureCount"), 0),
        **{f"{which}ResponseTime{how}": 0 for how in ("", "Detailed") for which in ("Average", "Minimum", "Maximum")},
    },
    check=_check_sent,
)
TRACE: Final = Test(
    name="TraceRoute",
    path=f"{IP}TraceRoute.",
    settings=TraceSettings,
    place="backends.diagnostics.trace_route:TraceRoute",
    request=_trace,
    inputs=(
        "Interface",
        "ProtocolVersion",
        "Host",
        "NumberOfTries",
        "Timeout",
        "DataBlockSize",
        "DSCP",
        "MaxHopCount",
    ),
    results={"IPAddressUsed": "", "ResponseTime": 0},
    rows=(
        Rows(
            f"{IP}TraceRoute.RouteHops.{{i}}.",
            "hops",
            {"Host": "", "HostAddress": "", "ErrorCode": 0, "RTTimes": ()},
        ),
    ),
    check=_check_sent,
)
SELECTION: Final = Test(
    name="ServerSelectionDiagnostics",
    path=f"{IP}ServerSelectionDiagnostics.",
    settings=SelectionSettings,
    place="backends.diagnostics.server_selection:ServerSelection",
    request=_selection,
    inputs=("Interface", "ProtocolVersion", "Protocol", "HostList", "NumberOfRepetitions", "Timeout"),
    results={
        "FastestHost": "",
        **dict.fromkeys(("MinimumResponseTime", "AverageResponseTime", "MaximumResponseTime"), 0),
        "IPAddressUsed": "",
    },
    check=_check_selection,
    needs_of_acs=("refusal",),
)


def supported(tables: DiagnosticTables) -> Object[Any]:
    """Which of them there are, by version of IP."""
    words = [word for test, word in SUPPORTED.items() if test in tables.tests]
    has: dict[str, Callable[[], bool]] = {"IPv4": lambda: True, "IPv6": lambda: Path("/proc/net/if_inet6").exists()}

    def one(version: str, word: str) -> Parameter[tuple[()], bool]:
        return Parameter(f"{version}{word}Supported", lambda _: has[version]())

    return Object(
        path=IP,
        rows=lambda: [()],
        keys=lambda row: row,
        parameters=[one(version, word) for version in has for word in words],
        source=lambda _: "built in",
    )
