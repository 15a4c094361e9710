"""Throughput, UDP echo and captures as the lab ACS asks the real agent for them; ``transcripts`` has what was said.

Run with CPE_AGENT_WRITE_TRANSCRIPTS=1 to write them anew. Times, and counts that hang on them, are left out.
"""

import os
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial
from typing import Any

import pytest

from backends.diagnostics.sockets import Way
from backends.diagnostics.udp_echo import EchoRequest, EchoResult, UdpEcho
from backends.diagnostics.udp_echo_server import EchoPlace, EchoServer
from backends.netlink_socket import inside
from tests.backends.diagnostics import speed_server as server
from tests.backends.diagnostics.conftest import way
from tests.backends.diagnostics.speed_server import FtpBehaviour, ftp_server, http_server
from tests.backends.diagnostics.way import FAR, FAR6, HOME, TheWay
from tests.diagnostics.test_whole_agent import EVENT, IP, MORE, TRANSCRIPTS, asked
from tests.durability.stand import Agent, Stand
from tests.waiting import until

__all__ = ["way"]

LABORATORY = f"{MORE}[transfers]\nlaboratory = true\n"
PASSING = re.compile(r"((?:Time|TimeStamp|UnderFullLoading|PeriodOfFullLoading|Total\w+)=)[^\n]*")
COUNTED = re.compile(r"((?:TestBytes\w+)=)[^\n]*")
Serve = Callable[[server.Within], AbstractContextManager[Any]]


def http(behave: server.Behaviour, host: str = FAR) -> Serve:
    return lambda within: http_server(behave, host, 8080, within)


def ftp(host: str = FAR) -> Serve:
    return lambda within: ftp_server(FtpBehaviour(300_000), host, 2121, within)


DOWN, UP = f"{IP}DownloadDiagnostics.", f"{IP}UploadDiagnostics."
PLAIN = {
    "NumberOfConnections": 1,
    "EnablePerConnectionResults": False,
    "TimeBasedTestDuration": 0,
    "TimeBasedTestMeasurementInterval": 0,
    "ProtocolVersion": "Any",
    "DSCP": 0,
}
CASES: dict[str, tuple[str, dict[str, Any], Serve]] = {
    "download": (
        DOWN,
        {
            "DownloadURL": f"http://{FAR}:8080/1M",
            "NumberOfConnections": 2,
            "EnablePerConnectionResults": True,
            "DSCP": 10,
        },
        http(server.file_of(1_000_000)),
    ),
    "download_by_time": (
        DOWN,
        {
            "DownloadURL": f"http://[{FAR6}]:8080/endless",
            "TimeBasedTestDuration": 2,
            "TimeBasedTestMeasurementInterval": 1,
        },
        http(server.endless, FAR6),
    ),
    "download_ftp": (DOWN, {"DownloadURL": f"ftp://{FAR}:2121/file"}, ftp()),
    "download_not_there": (DOWN, {"DownloadURL": f"http://{FAR}:8080/no"}, http(server.status("404 Not Found"))),
    "upload": (
        UP,
        {"UploadURL": f"http://{FAR}:8080/up", "TestFileLength": 500_000, "ProtocolVersion": "IPv4"},
        http(server.put),
    ),
    "upload_ftp": (UP, {"UploadURL": f"ftp://[{FAR6}]:2121/up", "TestFileLength": 300_000}, ftp(FAR6)),
}


@pytest.fixture(scope="module")
def stand(way: TheWay, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stand]:
    directory = tmp_path_factory.mktemp("stand")
    (directory / "files").mkdir()
    with Stand(
        directory, namespace=way.home, acs_namespace=way.far, more=LABORATORY, host=FAR, data=directory / "files"
    ) as made:
        made.first_contact()
        yield made
        print(*made.log_lines()[-40:], sep="\n")


@pytest.fixture
def agent(stand: Stand) -> Agent:
    return stand.agents[-1]


def is_as_written(name: str, said: str) -> bool:
    file = TRANSCRIPTS / f"{name}.txt"
    if "CPE_AGENT_WRITE_TRANSCRIPTS" in os.environ:
        file.write_text(said)
    assert said == file.read_text()
    return True


def interface(agent: Agent) -> str:
    """The IP interface that leads to the far host."""
    told = agent.ask("get", paths=["Device.IP.Interface."])["parameters"]
    return next(
        one["path"].removesuffix(".Name") for one in told if (one["path"][-5:], one["value"]) == (".Name", "eth0")
    )


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_the_acs_asks_for_a_test_of_throughput_is_told_and_reads_it(
    stand: Stand, agent: Agent, way: TheWay, name: str
) -> None:
    path, settings, serve = CASES[name]
    with serve(partial(inside, way.far.path)):
        said = asked(stand, agent, path, {**PLAIN, **settings, "Interface": interface(agent)})
    said = PASSING.sub(r"\1(of this run)", said)
    if settings.get("TimeBasedTestDuration") or "State=Error" in said:
        said = COUNTED.sub(r"\1(of this run)", said)
    assert is_as_written(name, said)


@pytest.mark.slow
def test_the_acs_asks_for_udp_echoes_is_told_and_reads_packet_by_packet(
    stand: Stand, agent: Agent, way: TheWay
) -> None:
    answering = EchoServer()
    inside(way.far.path, lambda: answering.listen(EchoPlace(7, HOME, plus=True)))
    try:
        settings = {
            "Host": FAR,
            "NumberOfRepetitions": 2,
            "InterTransmissionTime": 20,
            "EnableIndividualPacketResults": True,
        }
        said = asked(stand, agent, f"{IP}UDPEchoDiagnostics.", settings)
    finally:
        answering.stop()
    assert is_as_written("udp_echo", PASSING.sub(r"\1(of this run)", said))


@pytest.mark.slow
def test_the_acs_switches_the_echo_server_on_and_a_far_host_asks_it(stand: Stand, agent: Agent, way: TheWay) -> None:
    config = f"{IP}UDPEchoConfig."
    values = {"Enable": True, "SourceIPAddress": FAR, "UDPPort": 7007, "EchoPlusEnabled": True}
    made = stand.done(agent, "SetParameterValues", parameters={f"{config}{name}": one for name, one in values.items()})
    request = EchoRequest(HOME, Way(), 7007, 20, 2000, 100, 5, individual=True)
    found: EchoResult | None = inside(way.far.path, lambda: UdpEcho().run(request, lambda _: None, lambda: False))
    assert found
    assert (found.success_count, found.failure_count) == (20, 0)
    assert [one.test_resp_sn for one in found.packets] == list(range(1, 21))
    told = stand.done(agent, "GetParameterValues", names=[config])["parameters"]
    lines = [
        f"… = {config}",
        "ACS  SetParameterValues",
        *(f"     …{name}={value}" for name, value in values.items()),
        f"CPE  SetParameterValuesResponse  {made['status']}",
        "END",
        f"UDP  {FAR} asks for {found.success_count} echoes of 108 octets, each is answered",
        "ACS  GetParameterValues  …",
        "CPE  GetParameterValuesResponse",
        *(f"     …{one['path'].removeprefix(config)}={one['value']}" for one in told),
        "END",
    ]
    said = re.sub(r"(TimeFirst\w+|TimeLast\w+)=[^\n]*", r"\1=(of this run)", "\n".join(lines))
    assert is_as_written("udp_echo_server", f"{said}\n")
    counted = {one["path"].removeprefix(config): one["value"] for one in told}
    assert (counted["PacketsReceived"], counted["PacketsResponded"]) == ("20", "20")
    assert counted["BytesReceived"] == str(20 * 108)
    stand.done(agent, "SetParameterValues", parameters={f"{config}Enable": False})
    late = EchoRequest(HOME, Way(), 7007, 1, 200)
    found = inside(way.far.path, lambda: UdpEcho().run(late, lambda _: None, lambda: False))
    assert found
    assert found.success_count == 0


@pytest.mark.slow
def test_the_acs_asks_for_a_capture_and_uploads_it(stand: Stand, agent: Agent) -> None:
    capture = "Device.PacketCaptureDiagnostics."
    settings = {
        "Interface": interface(agent),
        "Duration": 1,
        "PacketCount": 50,
        "FilterExpression": f"tcp and host {FAR} and not port 22",
    }
    said = asked(stand, agent, capture, settings)
    oui = agent.values("Device.DeviceInfo.ManufacturerOUI")["Device.DeviceInfo.ManufacturerOUI"]
    file = {"file_type": f"X {oui} Packet Capture", "url": "/files/capture.pcap", "command_key": "capture"}
    made = stand.done(agent, "Upload", **file)
    until(lambda: [one for one in stand.acs.told if one.command_key == "capture"])
    [told] = [one for one in stand.acs.told if one.command_key == "capture"]
    came = (stand.directory / "files/capture.pcap").read_bytes()
    assert came[:4] == b"\xd4\xc3\xb2\xa1", "a capture of little-endian microseconds"
    lines = [
        f"ACS  Upload  X (OUI) Packet Capture  {file['url']}  key capture",
        f"CPE  UploadResponse  {made['status']}",
        "END",
        f"CPE  Inform  {'  '.join(stand.informs_with('7 TRANSFER COMPLETE')[-1].events)}",
        f"CPE  TransferComplete  {told.command_key}  {told.fault_code}",
        "END",
    ]
    counts = re.compile(r"((?:Count|FileLocation)=)(?!50)[^\n]*")
    said = counts.sub(r"\1(of this run)", PASSING.sub(r"\1(of this run)", said))
    assert is_as_written("packet_capture", said + "\n".join(lines) + "\n")


@pytest.mark.slow
def test_a_download_from_this_machine_or_its_home_is_not_tried_outside_of_a_laboratory(
    stand: Stand, agent: Agent
) -> None:
    stand.configure(stand.acs.url, MORE)
    agent.kill()
    again = stand.start()
    try:
        seen = len(stand.informs_with(EVENT))
        values = {f"{DOWN}DownloadURL": f"http://{HOME}:{stand.port}/", f"{DOWN}DiagnosticsState": "Requested"}
        stand.done(again, "SetParameterValues", parameters=values)
        until(lambda: len(stand.informs_with(EVENT)) > seen)
        assert again.values(f"{DOWN}DiagnosticsState") == {f"{DOWN}DiagnosticsState": "Error_Other"}
        told = next(one for one in again.ask("diagnostics")["diagnostics"] if one["name"] == "DownloadDiagnostics")
        assert "this machine" in told["text"]
    finally:
        stand.configure(stand.acs.url, LABORATORY)
