"""Each diagnostic as the lab ACS asks the real agent for it; the conversations are in ``transcripts``.

Run with CPE_AGENT_WRITE_TRANSCRIPTS=1 to write them anew. Times and what this machine is like are left out.
"""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from agent.cli import client
from backends.netlink_socket import inside
from tests.backends.diagnostics.conftest import way
from tests.backends.diagnostics.way import FAR, FAR6, NEAR, TheWay
from tests.diagnostics.name_server import AUTHORITATIVE, NameServer, serving
from tests.durability.stand import PROJECT, Agent, Stand
from tests.netlab.namespace import veth
from tests.waiting import PATIENCE, until

__all__ = ["way"]

TRANSCRIPTS = Path(__file__).parent / "transcripts"
MORE = "[discovery]\nenable = false\n[web]\nenable = false\n"
IP = "Device.IP.Diagnostics."
REQUESTED = "Requested"
EVENT = "8 DIAGNOSTICS COMPLETE"
TIME = re.compile(r"(?<=Time=)\d+|(?<=TimeDetailed=)\d+|(?<=RTTimes=)[\d,]+")
PLAIN = {"Host": FAR, "ProtocolVersion": "Any", "NumberOfRepetitions": 10}
OURS = re.compile(r"(?<=…Results=).*")
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "ping": (f"{IP}IPPing.", {"Host": FAR, "NumberOfRepetitions": 5, "DataBlockSize": 100, "DSCP": 46}),
    "ping_ipv6": (f"{IP}IPPing.", {"Host": FAR6, "NumberOfRepetitions": 3, "ProtocolVersion": "IPv6"}),
    "trace_route": (f"{IP}TraceRoute.", {"Host": FAR, "Timeout": 3000}),
    "trace_route_ipv6": (f"{IP}TraceRoute.", {"Host": FAR6, "Timeout": 3000, "MaxHopCount": 2}),
    "server_selection": (
        f"{IP}ServerSelectionDiagnostics.",
        {"HostList": f"{NEAR},nobody.invalid", "Protocol": "ICMP"},
    ),
    "name_lookup": (
        "Device.DNS.Diagnostics.NSLookupDiagnostics.",
        {"HostName": "host.example", "DNSServer": FAR, "NumberOfRepetitions": 2, "Timeout": 3000},
    ),
    "self_test": ("Device.SelfTestDiagnostics.", {}),
}


@pytest.fixture(scope="module")
def stand(way: TheWay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    directory = tmp_path_factory.mktemp("stand")
    names = NameServer({"host.example.": (AUTHORITATIVE, ["192.0.2.1", "2001:db8::1"])})

    def make(kind: socket.SocketKind) -> socket.socket:
        return inside(way.far.path, lambda: socket.socket(socket.AF_INET, kind))

    with (
        serving(names, make, FAR, 53),
        Stand(directory, namespace=way.home, acs_namespace=way.far, more=MORE, host=FAR) as made,
    ):
        made.first_contact()
        yield made
        print(*made.log_lines()[-40:], sep="\n")


@pytest.fixture
def agent(stand: Stand) -> Agent:
    return stand.agents[-1]


def asked(stand: Stand, agent: Agent, path: str, settings: dict[str, Any]) -> str:
    """The conversation: it is requested, and its results are read in the session that tells of its end."""
    seen = len(stand.informs_with(EVENT))
    values = {**settings, "DiagnosticsState": REQUESTED}
    made = stand.done(agent, "SetParameterValues", parameters={f"{path}{name}": one for name, one in values.items()})
    rpc = stand.queue("GetParameterValues", names=[path])
    until(lambda: len(stand.informs_with(EVENT)) > seen, lambda: f"no {EVENT}")
    read = stand.acs.wait(rpc, PATIENCE)
    assert read.state == "done", read.result
    until(lambda: stand.acs.sessions[-1].state == "ended")
    told = stand.informs_with(EVENT)[-1]
    said = [f"{one['path'].removeprefix(path)}={one['value']}" for one in (read.result or {})["parameters"]]
    lines = [
        f"… = {path}",
        "ACS  SetParameterValues",
        *(f"     …{name}={value}" for name, value in values.items()),
        f"CPE  SetParameterValuesResponse  {made['status']}",
        "END",
        f"CPE  Inform  {'  '.join(told.events)}",
        "ACS  GetParameterValues  …",
        "CPE  GetParameterValuesResponse",
        *(f"     …{one}" for one in said),
        "END",
    ]
    return OURS.sub("(what this machine is like)", TIME.sub("(a time)", "\n".join(lines))) + "\n"


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_acs_asks_is_told_and_reads_the_results(stand: Stand, agent: Agent, name: str) -> None:
    said = asked(stand, agent, *CASES[name])
    file = TRANSCRIPTS / f"{name}.txt"
    if "CPE_AGENT_WRITE_TRANSCRIPTS" in os.environ:
        file.write_text(said)
    assert said == file.read_text()


@pytest.mark.slow
def test_a_request_that_the_agent_s_end_cut_off_is_begun_again(stand: Stand, agent: Agent) -> None:
    seen = len(stand.informs_with(EVENT))
    asking = {f"{IP}IPPing.{name}": one for name, one in PLAIN.items()}
    stand.done(agent, "SetParameterValues", parameters={**asking, f"{IP}IPPing.DiagnosticsState": REQUESTED})
    until(lambda: agent.ask("diagnostics")["running"] == "IPPing")
    agent.kill()
    again = stand.start()
    until(lambda: len(stand.informs_with(EVENT)) > seen)
    assert again.values(f"{IP}IPPing.SuccessCount") == {f"{IP}IPPing.SuccessCount": "10"}
    assert len(stand.informs_with(EVENT)) == seen + 1


@pytest.mark.slow
def test_a_hundred_cancels_at_once_end_it_and_the_next_one_runs(stand: Stand) -> None:
    agent = stand.agents[-1]
    state = f"{IP}IPPing.DiagnosticsState"
    agent.ask("set", values={**{f"{IP}IPPing.{name}": str(one) for name, one in PLAIN.items()}, state: REQUESTED})
    until(lambda: agent.ask("diagnostics")["running"])
    refused: list[BaseException] = []

    def cancel() -> None:
        try:
            agent.ask("set", values={state: "Canceled"})
        except BaseException as failure:  # noqa: BLE001 - it is looked at below
            refused.append(failure)

    cancels = [threading.Thread(target=cancel) for _ in range(100)]
    for one in cancels:
        one.start()
    for one in cancels:
        one.join(PATIENCE)
    until(lambda: not agent.ask("diagnostics")["running"])
    assert all(getattr(one, "document", {"error": {"code": ""}})["error"]["code"] == "busy" for one in refused)
    assert agent.values(state) == {state: "None"}
    agent.ask("set", values={f"{IP}IPPing.NumberOfRepetitions": "1", state: REQUESTED})
    until(lambda: agent.values(state) == {state: "Complete"})
    options = type("Options", (), {"socket": str(stand.state / "control.sock"), "config": None})()
    events = [one["text"] for one in next(client.stream(options, "history"))["events"]]
    assert any("NumberOfRepetitions" in one for one in events)
    assert not any("DiagnosticsState" in one for one in events), "diagnostics have events of their own"


@pytest.mark.slow
def test_ctrl_c_at_the_command_line_cancels(stand: Stand) -> None:
    agent = stand.agents[-1]
    socket_path = str(stand.state / "control.sock")
    command = [sys.executable, "-m", "agent", "diag", "ping", f"host={FAR}", "repetitions=1000"]
    environment = {**os.environ, "CPE_AGENT_SOCKET": socket_path, "PYTHONPATH": str(PROJECT)}
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert FAR in process.stdout.readline()
        assert "1 of 1000" in process.stdout.readline()
        process.send_signal(signal.SIGINT)
        assert process.wait(PATIENCE) == 130
    until(lambda: not agent.ask("diagnostics")["running"])


@pytest.mark.slow
def test_what_the_acs_asks_for_never_reaches_a_host_of_the_home(stand: Stand, agent: Agent, way: TheWay) -> None:
    """The last of this file: from here on there is a home. Neither files nor names nor echoes are asked of it."""
    router, host = "192.168.8.1", "192.168.8.77"
    veth(way.home, "lan0", way.middle, "nas0")
    way.middle.ip(f"address add {host}/24 dev nas0")
    way.home.ip(f"address add {router}/24 dev lan0")
    until(lambda: router in str(agent.values("Device.IP.Interface.")))
    asked_there = inside(way.middle.path, lambda: socket.create_server((host, 80)))
    outside = inside(way.far.path, lambda: socket.create_server((FAR, 8080)))

    def redirect() -> None:
        made, _ = outside.accept()
        with made:
            made.recv(4096)
            made.sendall(f"HTTP/1.1 302 Found\r\nLocation: http://{host}/x\r\nContent-Length: 0\r\n\r\n".encode())

    threading.Thread(target=redirect, daemon=True).start()
    with asked_there, outside:
        for method, kind in (("Download", "3 Vendor Configuration File"), ("Upload", "2 Vendor Log File")):
            refused = stand.rpc(agent, method, url=f"http://{host}/x", file_type=kind, command_key="direct")
            assert (refused.state, (refused.result or {})["code"]) == ("fault", 9001)
        way_there = {"url": f"http://{FAR}:8080/x", "file_type": "3 Vendor Configuration File", "command_key": "led"}
        stand.done(agent, "Download", **way_there)
        until(lambda: [one for one in stand.acs.told if one.command_key == "led"])
        [told] = [one for one in stand.acs.told if one.command_key == "led"]
        assert told.fault_code == 9001
        assert "in the home" in told.content["fault_struct"]["fault_string"]
        for path, settings in (
            ("Device.DNS.Diagnostics.NSLookupDiagnostics.", {"HostName": "host.example", "DNSServer": host}),
            (f"{IP}ServerSelectionDiagnostics.", {"HostList": host}),
            (f"{IP}DownloadDiagnostics.", {"DownloadURL": f"http://{host}/x"}),
        ):
            assert "DiagnosticsState=Error_" in asked(stand, agent, path, settings)
        asked_there.setblocking(False)
        with pytest.raises(BlockingIOError):
            asked_there.accept()
