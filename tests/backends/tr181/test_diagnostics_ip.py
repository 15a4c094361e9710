"""IPPing, TraceRoute and ServerSelectionDiagnostics: their settings, what comes of them, and what results read as."""

from pathlib import Path

import pytest

from backends.diagnostics.ping import PingRequest
from backends.diagnostics.server_selection import SelectionRequest
from backends.diagnostics.sockets import Way
from backends.diagnostics.trace_route import TraceRequest
from tests.backends.tr181.test_diagnostic_tests import AllDiagnostics

IP = "Device.IP.Diagnostics."
PING, TRACE, SELECTION = f"{IP}IPPing.", f"{IP}TraceRoute.", f"{IP}ServerSelectionDiagnostics."


def test_a_ping_is_given_what_was_set() -> None:
    device = AllDiagnostics()
    values = {"Host": "h", "ProtocolVersion": "IPv6", "NumberOfRepetitions": "7", "Timeout": "9", "DataBlockSize": "10"}
    device.set({f"{PING}{name}": value for name, value in {**values, "DSCP": "46"}.items()})
    asked = device.tables.request("IPPing")
    assert asked == PingRequest("h", Way("", 46, version="IPv6"), 7, 9, 10, 200)


def test_a_trace_is_by_udp_with_the_defaults_of_tr181() -> None:
    device = AllDiagnostics()
    device.set({f"{TRACE}Host": "h"})
    assert device.tables.request("TraceRoute") == TraceRequest("h", Way(), 3, 5000, 38, 30)
    assert device.tables.request("TraceRoute", {"Host": "h", "icmp": True}, "eth1").by_icmp


def test_a_selection_asks_by_icmp_or_the_echo_service() -> None:
    device = AllDiagnostics()
    device.set({f"{SELECTION}HostList": "a,b", f"{SELECTION}Protocol": "UDP Echo"})
    asked = device.tables.request("ServerSelectionDiagnostics")
    assert asked == SelectionRequest(("a", "b"), Way(), 3, 1000, by_udp=True)


def test_only_what_the_acs_asks_for_is_kept_from_the_home() -> None:
    """Who is at home may look for the fastest host there; and a host may be pinged, whether it is alive."""
    device = AllDiagnostics()
    device.tables.provided["refusal"] = lambda: lambda address, _port: f"not {address}"
    device.set({f"{SELECTION}HostList": "192.168.8.77", f"{PING}Host": "192.168.8.77"})
    assert device.tables.request("ServerSelectionDiagnostics").refusal("192.168.8.77", 7) == "not 192.168.8.77"
    by_person = device.tables.request("ServerSelectionDiagnostics", {"HostList": ("192.168.8.77",)})
    assert by_person.refusal("192.168.8.77", 7) == ""
    assert device.tables.request("IPPing") == PingRequest("192.168.8.77")


@pytest.mark.parametrize(
    ("path", "name", "values"),
    [
        (PING, "Host", {}),
        (PING, "DataBlockSize", {"Host": "h", "DataBlockSize": "65508"}),
        (TRACE, "DataBlockSize", {"Host": "h", "ProtocolVersion": "IPv6", "DataBlockSize": "65528"}),
        (SELECTION, "HostList", {}),
        (SELECTION, "HostList", {"HostList": ","}),
        (PING, "NumberOfRepetitions", {"Host": "h", "NumberOfRepetitions": "4294967295"}),
        (PING, "Timeout", {"Host": "h", "Timeout": "4294967295"}),
        (TRACE, "Timeout", {"Host": "h", "Timeout": "60001"}),
        (SELECTION, "Timeout", {"HostList": "a", "Timeout": "4294967295"}),
        (SELECTION, "NumberOfRepetitions", {"HostList": "a,b", "NumberOfRepetitions": "1801"}),
    ],
)
def test_what_cannot_be_run_is_refused_where_it_is_wrong(path: str, name: str, values: dict[str, str]) -> None:
    asked = {**{f"{path}{key}": value for key, value in values.items()}, f"{path}DiagnosticsState": "Requested"}
    refused = AllDiagnostics().refused(asked)
    assert refused == {f"{path}{name}" if name in values else f"{path}DiagnosticsState": "InvalidValue"}


def test_the_hops_are_rows() -> None:
    device = AllDiagnostics()
    device.set({f"{TRACE}Host": "h", f"{TRACE}DiagnosticsState": "Requested"})
    hop = {"host": "router.example", "host_address": "192.0.2.1", "error_code": 0, "rt_times": [1, 0, 2]}
    asked = device.tables.requested()
    assert asked is not None
    device.tables.ended(*asked, "Complete", {"response_time": 2, "hops": [hop, hop]}, "")
    assert (device.get(f"{TRACE}RouteHopsNumberOfEntries"), device.get(f"{TRACE}ResponseTime")) == ("2", "2")
    assert device.tree(f"{TRACE}RouteHops.2.") == {
        "Host": "router.example",
        "HostAddress": "192.0.2.1",
        "ErrorCode": "0",
        "RTTimes": "1,0,2",
    }


def test_what_there_is_for_which_version_of_ip_is_said() -> None:
    told = AllDiagnostics().tree(IP)
    has_six = "true" if Path("/proc/net/if_inet6").exists() else "false"
    assert (told["IPv4PingSupported"], told["IPv6PingSupported"]) == ("true", has_six)
    assert "IPLayerCapacitySupported" not in told
