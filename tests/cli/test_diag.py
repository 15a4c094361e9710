"""The verb diag: what is asked of the agent, and how its lines are shown."""

import json
import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli.diag import milliseconds
from agent.cli.main import run
from agent.runtime.control import error
from tests.cli.scripted_agent import scripted_agent

INPUTS = [
    {"name": "Host", "default": "", "words": [], "unit": ""},
    {"name": "Timeout", "default": 5000, "words": [], "unit": "milliseconds"},
    {"name": "ProtocolVersion", "default": "Any", "words": ["Any", "IPv4"], "unit": ""},
    {"name": "icmp", "default": False},
]
LISTED = {
    "schema": 1,
    "running": None,
    "diagnostics": [{"name": "TraceRoute", "state": "Complete", "text": "", "result": None, "inputs": INPUTS}],
}


def lines(name: str, state: str, text: str = "", *progress: dict[str, Any], **result: Any) -> list[dict[str, Any]]:
    ended = {"name": name, "state": state, "text": text, "result": result or None}
    return [{"begun": name}, *({"progress": one} for one in progress), {"ended": ended}]


def ran(socket: Path, said: list[dict[str, Any]], *arguments: str) -> tuple[int, list[Any]]:
    asked: list[Any] = []

    def stream(given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        asked.append(given)
        return iter(said)

    with scripted_agent(socket, {"diagnostics": LISTED}, {"diagnose": stream}):
        return run(["diag", *arguments]), asked


def test_without_a_name_it_lists_what_there_is(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, [])[0] == 0
    assert capsys.readouterr().out.splitlines() == [
        "TraceRoute  Complete",
        "   Host=",
        "   Timeout=5000 milliseconds",
        "   ProtocolVersion=Any  Any | IPv4",
        "   icmp=false",
    ]
    assert ran(socket, [], "--json")[0] == 0
    assert json.loads(capsys.readouterr().out)["diagnostics"][0]["name"] == "TraceRoute"


def test_a_ping_is_shown_reply_by_reply(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = lines(
        "IPPing",
        "Complete",
        "",
        {"address": "192.0.2.1", "source": "192.0.2.2"},
        {"number": 1, "of": 2, "microseconds": 1234},
        {"number": 2, "of": 2, "microseconds": None, "why": "no answer\x1b[2J in time"},
        success_count=1,
    )
    status, asked = ran(socket, said, "ping", "host=192.0.2.1", "repetitions=2")
    assert status == 0
    assert asked == [{"name": "ping", "settings": {"host": "192.0.2.1", "repetitions": "2"}, "follow": True}]
    assert capsys.readouterr().out.splitlines() == [
        "192.0.2.1 from 192.0.2.2",
        "   1 of 2  1.234 ms",
        "   2 of 2  no answer\\x1b[2J in time",
        "Complete",
        "   success count: 1",
    ]


@pytest.mark.parametrize(
    ("name", "progress", "shown"),
    [
        (
            "TraceRoute",
            {"hop": 1, "address": "192.0.2.1", "microseconds": [900, 0, 1000], "code": 0},
            "0.900 ms  *  1.000",
        ),
        ("TraceRoute", {"hop": 2, "address": "", "microseconds": [0], "code": 0}, "  2  *"),
        (
            "NSLookupDiagnostics",
            {"number": 1, "of": 1, "status": "Success", "addresses": ["192.0.2.1"], "microseconds": 1000, "why": ""},
            "   1 of 1  Success  192.0.2.1  1.000 ms",
        ),
        ("ServerSelectionDiagnostics", {"host": "h", "average": 1000, "successes": 3}, "h: 3 answers, 1.000 ms"),
        ("ServerSelectionDiagnostics", {"host": "h", "why": "nobody"}, "h  nobody"),
        ("SelfTestDiagnostics", {"part": "clock", "is_well": False, "what": "late"}, "✘ clock: late"),
        ("Whatever", {"bytes_moved": 7, "is_so": True}, "bytes moved 7  is so true"),
    ],
)
def test_each_says_what_it_finds_in_its_own_way(
    socket: Path, capsys: pytest.CaptureFixture[str], name: str, progress: dict[str, Any], shown: str
) -> None:
    assert ran(socket, lines(name, "Complete", "", progress), name)[0] == 0
    assert shown in capsys.readouterr().out.splitlines()[0]


AP = {"radio": "phy0", "bssid": "02:00:00:00:00:01", "ssid": "", "band": "5GHz", "channel": 36, "width": 80}


@pytest.mark.parametrize(
    ("name", "progress", "shown"),
    [
        ("UDPEchoDiagnostics", {"address": "::1", "port": 7, "source": "::2"}, "::1 port 7 from ::2; Ctrl-C stops it"),
        ("UDPEchoDiagnostics", {"number": 1, "of": 2, "microseconds": 700}, "   1 of 2  0.700 ms"),
        (
            "DownloadDiagnostics",
            {"seconds": 0.25, "bytes": 1234567, "mbit": 39.5},
            "    0.25 s       1,234,567 octets       39.50 Mbit/s",
        ),
        (
            "PacketCaptureDiagnostics",
            {"file": "/run/c.pcap", "link": "eth0", "duration": 10, "most": 5},
            "eth0 for 10 s or 5 packets, into /run/c.pcap; Ctrl-C stops it, and what has come stays in the file",
        ),
        (
            "PacketCaptureDiagnostics",
            {"seconds": 1.5, "packets": 3, "bytes": 2000},
            "     1.5 s         3 packets       2,000 octets",
        ),
        ("PacketCaptureDiagnostics", {"sending": 2000}, "sends the file, 2,000 octets"),
        ("NeighboringWiFiDiagnostic", {"radios": ["phy0"]}, "phy0 listening; it takes some seconds a radio"),
        (
            "NeighboringWiFiDiagnostic",
            {**AP, "signal": -50, "security": "WPA3-SAE", "standards": "a"},
            "02:00:00:00:00:01   -50 dBm  5GHz channel 36, 80 MHz     WPA3-SAE            (hidden)",
        ),
    ],
)
def test_each_says_what_it_does_and_has_counted(
    socket: Path, capsys: pytest.CaptureFixture[str], name: str, progress: dict[str, Any], shown: str
) -> None:
    assert ran(socket, lines(name, "Complete", "", progress), name)[0] == 0
    assert capsys.readouterr().out.splitlines()[0] == shown


def test_times_have_their_unit_and_a_capture_its_place(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    echo = lines("UDPEchoDiagnostics", "Complete", success_count=2, average_response_time=1500)
    ping = lines("IPPing", "Complete", average_response_time=2, average_response_time_detailed=1500)
    file = {"file_location": "file:///run/capture.pcap", "count": 3}
    sent = {"file_location": "https://files.example/x", "count": 4}
    load = lines("DownloadDiagnostics", "Complete", period_of_full_loading=642)
    for said in (echo, ping, load, lines("PacketCaptureDiagnostics", "Complete", captures=[file, sent])):
        ran(socket, said, "x")
    assert [line.strip() for line in capsys.readouterr().out.splitlines() if line[0] == " "] == [
        "success count: 2",
        "average response time: 1.500 ms",
        "average response time: 1.500 ms",
        "period of full loading: 0.642 ms",
        "/run/capture.pcap, which stays until the next capture: 3 packets",
        "sent to https://files.example/x: 4 packets",
    ]


def test_a_moment_has_no_unit_what_is_not_there_no_line_and_each_connection_one(
    socket: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    begun, ended = "2026-11-22T10:00:00.000000+00:00", "2026-11-22T10:00:02.000000+00:00"
    one = {"bom_time": begun, "eom_time": ended, "test_bytes_received": 5_000_000}
    other = {"bom_time": begun, "eom_time": None, "test_bytes_received": 0}
    load: dict[str, Any] = {"ip_address_used": "", "tcp_open_request_time": None, "tcp_open_response_time": begun}
    ran(socket, lines("DownloadDiagnostics", "Complete", **load, connections=[one, other]), "x")
    assert [line.strip() for line in capsys.readouterr().out.splitlines() if line[0] == " "] == [
        f"TCP open response time: {begun}",
        "connection 1: 5,000,000 octets  20.00 Mbit/s in 2.000 s",
        "connection 2: 0 octets",
    ]


@pytest.mark.parametrize(
    ("told", "shown"),
    [
        ({"test_bytes_sent_under_full_loading": 2_500_000, "period_of_full_loading": 500_000}, "40.00 Mbit/s under"),
        ({"test_bytes_sent_under_full_loading": 0, "period_of_full_loading": 0}, "80.00 Mbit/s"),
    ],
)
def test_a_throughput_test_has_one_rate_however_short_it_was_and_one_for_each_interval(
    socket: Path, capsys: pytest.CaptureFixture[str], told: dict[str, int], shown: str
) -> None:
    begun, ended = "2026-11-22T10:00:00.000000+00:00", "2026-11-22T10:00:00.250000+00:00"
    interval = {"start_time": begun, "end_time": ended, "test_bytes_sent": 125_000}
    load: dict[str, Any] = {"bom_time": begun, "eom_time": ended, "test_bytes_sent": 2_500_000, **told}
    ran(socket, lines("UploadDiagnostics", "Complete", **load, intervals=[interval]), "x")
    said = [line.strip() for line in capsys.readouterr().out.splitlines() if line[0] == " "]
    assert said[0].startswith(f"rate: {shown}")
    assert said[1:3] == [f"BOM time: {begun}", f"EOM time: {ended}"]
    assert said[-1] == "interval 1: 125,000 octets  4.00 Mbit/s in 0.250 s"
    ran(socket, lines("UploadDiagnostics", "Error_Timeout", "nothing has come", **load), "x")
    assert "rate" not in capsys.readouterr().out


def test_what_came_in_one_read_has_no_rate(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun, ended = "2026-11-22T10:00:00.000000+00:00", "2026-11-22T10:00:00.000017+00:00"
    one = {"bom_time": begun, "eom_time": ended, "test_bytes_received": 1041}
    loaded = {"test_bytes_received_under_full_loading": 1041, "period_of_full_loading": 17}
    ran(socket, lines("DownloadDiagnostics", "Complete", **one, **loaded, connections=[one]), "x")
    said = capsys.readouterr().out
    assert "connection 1: 1,041 octets" in said
    assert "bit/s" not in said


@pytest.mark.parametrize("more", [[], ["--json"]])
def test_one_that_is_cancelled_by_ctrl_c_says_so(
    socket: Path, capsys: pytest.CaptureFixture[str], more: list[str]
) -> None:
    before = signal.signal(signal.SIGINT, signal.default_int_handler)  # who runs this in the background ignores it

    def stream(_given: dict[str, Any]) -> Iterator[dict[str, Any]]:
        yield {"begun": "IPPing"}
        yield {"progress": {"number": 1, "of": 9, "microseconds": 1234}}
        os.kill(os.getpid(), signal.SIGINT)
        for number in range(2, 1000):
            time.sleep(0.01)
            yield {"progress": {"number": number, "of": 9, "microseconds": 1}}

    try:
        with scripted_agent(socket, {}, {"diagnose": stream}):
            assert run(["diag", "ping", *more]) == 130
    finally:
        signal.signal(signal.SIGINT, before)
    told = capsys.readouterr()
    if more:
        assert (json.loads(told.out)["state"], told.err) == ("Canceled", "")
    else:
        assert told.err.strip() in ("IPPing was cancelled", "ping was cancelled")  # it may not have begun


def test_what_is_not_complete_is_a_problem_with_its_reason(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, lines("IPPing", "Error_NoRouteToHost", "there is no way"), "ping")[0] == 1
    assert "Error_NoRouteToHost: there is no way" in capsys.readouterr().out


def test_for_programs_it_is_one_document(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, lines("IPPing", "Complete", "", {"number": 1}, success_count=1), "ping", "--json")[0] == 0
    told = json.loads(capsys.readouterr().out)
    assert (told["state"], told["progress"], told["result"]) == ("Complete", [{"number": 1}], {"success_count": 1})


def test_what_the_agent_refuses_and_what_is_no_setting(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, [error("invalid_arguments", "Host is not set", "say it")], "ping")[0] == 4
    assert "Host is not set" in capsys.readouterr().err
    assert ran(socket, [], "ping", "host")[0] == 2
    assert "'host' is no KEY=VALUE" in capsys.readouterr().err


def test_an_agent_that_ends_meanwhile_is_a_problem(socket: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert ran(socket, [{"begun": "IPPing"}], "ping")[0] == 1
    assert "the agent ended while it ran" in capsys.readouterr().err


def test_no_answer_has_no_time() -> None:
    assert (milliseconds(None), milliseconds(0), milliseconds(12)) == ("*", "*", "0.012 ms")
