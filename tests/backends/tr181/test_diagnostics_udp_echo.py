"""UDPEchoDiagnostics: what an ACS sets reaches the test, and what came of it reads by name."""

from datetime import datetime
from typing import Any

import pytest

from agent.diagnostics.engine import plain
from agent.model.coverage import coverage
from backends.diagnostics.sockets import Way
from backends.diagnostics.udp_echo import EchoRequest, UdpEcho
from backends.tr181.diagnostics import DiagnosticTables, objects_of
from backends.tr181.diagnostics_ip import supported
from backends.tr181.diagnostics_udp_echo import UDP_ECHO
from tests.backends.diagnostics.test_udp_echo import plain_server
from tests.backends.small_device import SmallDevice

ECHO = "Device.IP.Diagnostics.UDPEchoDiagnostics."


def device() -> tuple[SmallDevice, DiagnosticTables]:
    tables = DiagnosticTables([UDP_ECHO], lambda _: "lo")
    return SmallDevice([supported(tables), *objects_of(tables, UDP_ECHO)], backends=[tables]), tables


def test_the_profile_is_whole() -> None:
    [profile] = coverage(device()[0].model.tree, ["UDPEchoDiag:1"], lambda _: "")
    assert profile.missing == ()


def test_what_is_asked_is_sent_and_what_came_is_told_packet_by_packet() -> None:
    made, tables = device()
    with plain_server(lambda number, payload: [] if number == 2 else [payload]) as port:
        made.set(
            {
                f"{ECHO}Host": "127.0.0.1",
                f"{ECHO}Port": str(port),
                f"{ECHO}NumberOfRepetitions": "3",
                f"{ECHO}InterTransmissionTime": "5",
                f"{ECHO}Timeout": "300",
                f"{ECHO}DataBlockSize": "60",
                f"{ECHO}DSCP": "8",
                f"{ECHO}ProtocolVersion": "IPv4",
                f"{ECHO}EnableIndividualPacketResults": "1",
                f"{ECHO}DiagnosticsState": "Requested",
            }
        )
        request: Any = tables.request("UDPEchoDiagnostics")
        way = Way("", 8, version="IPv4")
        assert request == EchoRequest("127.0.0.1", way, port, 3, 300, 60, 5, True, request.refusal)
        found = UdpEcho().run(request, lambda _: None, lambda: False)
    tables.ended("UDPEchoDiagnostics", 1, "Complete", plain(found), "")
    told = made.tree(ECHO)
    assert (told["SuccessCount"], told["FailureCount"], told["IPAddressUsed"]) == ("2", "1", "127.0.0.1")
    assert 0 < int(told["MinimumResponseTime"]) <= int(told["AverageResponseTime"]) <= int(told["MaximumResponseTime"])
    assert told["IndividualPacketResultNumberOfEntries"] == "3"
    assert [told[f"IndividualPacketResult.{number}.PacketSuccess"] for number in (1, 2, 3)] == ["true", "false", "true"]
    assert told["IndividualPacketResult.3.TestGenSN"] == "3"
    assert told["IndividualPacketResult.2.PacketReceiveTime"] == "0001-01-01T00:00:00Z"
    first = "IndividualPacketResult.1."
    sent, came = (datetime.fromisoformat(told[f"{first}Packet{name}Time"]) for name in ("Send", "Receive"))
    assert sent < came


@pytest.mark.parametrize(
    "values",
    [
        {"Host": ""},
        {"NumberOfRepetitions": "100001"},
        {"Timeout": "60001"},
        {"NumberOfRepetitions": "3601", "InterTransmissionTime": "1000"},
        {"ProtocolVersion": "IPv4", "DataBlockSize": "65508"},
    ],
)
def test_what_would_not_end_or_cannot_be_sent_is_refused(values: dict[str, str]) -> None:
    made, _ = device()
    asked = {"Host": "h.example", **values, "DiagnosticsState": "Requested"}
    assert made.refused({ECHO + name: text for name, text in asked.items()})
