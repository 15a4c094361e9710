"""The verbs that ask a running lab ACS: what they send, what they show, and how they end."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from agent.cli import lab_client, main
from agent.lab.acs import LabAcs
from agent.lab.server import server_context
from agent.runtime.connection_request import ConnectionRequestListener
from tests.durability.stand import Stand
from tests.lab.certificates import make_certificates
from tests.lab.cpe import DEVICE, Cpe, fault, inform, response, values

Run = Callable[..., tuple[int, str]]


@pytest.fixture
def acs(monkeypatch: pytest.MonkeyPatch) -> Iterator[LabAcs]:
    monkeypatch.setenv("NO_COLOR", "1")
    with LabAcs() as running:
        monkeypatch.setenv("CPE_AGENT_LAB", running.url)
        yield running


@pytest.fixture
def cpe(acs: LabAcs) -> Iterator[Cpe]:
    with Cpe(acs.port) as one:
        one.post(inform("1 BOOT", parameters=[("Device.A", "1", "unsignedInt")]))
        one.post()
        yield one


@pytest.fixture
def run(capsys: pytest.CaptureFixture[str]) -> Run:
    def ask(*arguments: str) -> tuple[int, str]:
        status = main.run(["lab", *arguments])
        captured = capsys.readouterr()
        return status, captured.out + captured.err

    return ask


def answering(cpe: Cpe, acs: LabAcs, *bodies: Callable[[str], bytes]) -> threading.Thread:
    """The CPE opens a session once as much is queued as it has answers to, and answers each RPC in turn."""

    def play() -> None:
        acs.wait_until(lambda: any(len(device.queue) >= max(len(bodies), 1) for device in acs.devices.values()), 5)
        cpe.post(inform("6 CONNECTION REQUEST"))
        asked = cpe.post()
        for body in bodies:
            asked = cpe.post(body(asked.id))

    thread = threading.Thread(target=play)
    thread.start()
    return thread


def test_devices_are_listed_and_shown(run: Run, cpe: Cpe) -> None:
    status, shown = run("devices")
    assert status == 0
    assert DEVICE in shown
    assert "1 BOOT" in shown
    status, shown = run("devices", "Box")
    assert "Device.A  unsignedInt  1" in shown
    assert json.loads(run("devices", "--json")[1])["devices"][0]["id"] == DEVICE
    assert json.loads(run("devices", "-", "--json")[1])["parameters"][0]["path"] == "Device.A"


def test_no_device_yet_is_said(run: Run, acs: LabAcs) -> None:
    assert "no device has sent an Inform yet" in run("devices")[1]
    status, shown = run("connect", "-")
    assert (status, "no device has sent an Inform yet" in shown) == (1, True)


def test_a_device_may_be_named_by_a_part_that_fits_one(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    with Cpe(acs.port) as other:
        other.post(inform(serial="8"))
    assert run("devices", "-8")[0] == 0
    status, shown = run("devices", "Box")
    assert (status, "fits 001122-Box-7, 001122-Box-8" in shown) == (2, True)
    assert run("devices", "other")[0] == 1


def test_get_asks_and_shows_the_values(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    answer = values([("Device.A", "5", "unsignedInt"), ("Device.P.Password", "hunter2", "string")])
    thread = answering(cpe, acs, lambda sent: response("GetParameterValues", sent, answer))
    status, shown = run("get", "-", "Device.", "--wait", "5")
    thread.join()
    assert status == 0
    assert "Device.A" in shown
    assert (
        "connection request: the device has told no connection request URL yet\n  GetParameterValues goes out" in shown
    )
    assert "next: its Inform tells the URL" in shown
    assert "hunter2" not in shown


@pytest.mark.parametrize(
    ("arguments", "parameters"),
    [
        (["A=true"], [{"path": "A", "value": True}]),
        (["A=5", "B=-1", "C=007", "D=1.50"], [
            {"path": "A", "value": 5}, {"path": "B", "value": -1}, {"path": "C", "value": "007"},
            {"path": "D", "value": "1.50"},
        ]),
        (["A=x=y"], [{"path": "A", "value": "x=y"}]),
        (["A=5", "--type", "string"], [{"path": "A", "value": "5", "type": "string"}]),
    ],
)  # fmt: skip
def test_set_sends_values_by_their_look(
    arguments: list[str], parameters: list[dict[str, Any]], run: Run, acs: LabAcs, cpe: Cpe
) -> None:
    status, _ = run("set", "-", *arguments, "--parameter-key", "k", "--wait", "0")
    *asked, rpc = acs.devices[DEVICE].queue
    assert status == 1
    assert rpc.arguments == {"parameters": parameters, "parameter_key": "k"}
    paths = [each["path"] for each in parameters]
    expected = [] if "--type" in arguments else [("GetParameterValues", {"names": paths})]
    assert [(one.method, one.arguments) for one in asked] == expected


def test_set_asks_for_the_types_that_it_does_not_know_in_the_same_session(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    told = [("Device.On", "0", "boolean"), ("Device.Text", "x", "string"), ("Device.When", "2026-01-01", "dateTime")]
    thread = answering(
        cpe,
        acs,
        lambda sent: response("GetParameterValues", sent, values(told)),
        lambda sent: response("SetParameterValues", sent, "<Status>0</Status>"),
    )
    values_set = ("Device.On=1", "Device.Text=5", "Device.When=2027-01-01T00:00:00Z", "Device.A=7")
    status, shown = run("set", "-", *values_set, "--wait", "5")
    thread.join()
    assert (status, "SetParameterValues: done" in shown) == (0, True)
    assert "GetParameterValues" not in shown
    [*_, session] = json.loads(run("sessions", "-", "--xml", "--json")[1])["sessions"]
    written = "".join(each.get("xml") or "" for each in session["lines"])
    for text in ('boolean">1<', 'string">5<', 'dateTime">2027-01-01T00:00:00Z<', 'unsignedInt">7<'):
        assert text in written


def test_a_path_that_the_device_does_not_know_is_refused_by_the_set_itself(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    bodies = (lambda sent: fault(9005, sent), lambda sent: fault(9003, sent, ("Device.None", 9005)))
    thread = answering(cpe, acs, *bodies)
    status, shown = run("set", "-", "Device.None=1", "--wait", "5")
    thread.join()
    assert status == 1
    assert "SetParameterValues: fault 9003" in shown
    assert "Device.None  9005  no" in shown


def test_a_fault_is_shown_with_its_parameters_and_ends_with_1(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    thread = answering(cpe, acs, lambda sent: fault(9003, sent, ("Device.A", 9008)))
    status, shown = run("set", "-", "Device.A=5", "--wait", "5")
    thread.join()
    assert status == 1
    assert "SetParameterValues: fault 9003 refused" in shown
    assert "Device.A  9008  no" in shown


def test_an_rpc_is_queued_and_its_result_shown_later(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    status, shown = run("rpc", "-", "AddObject", "path=Device.T.", "parameter_key=k")
    assert (status, "cpe-agent lab result 1" in shown) == (0, True)
    assert run("result", "1") == (0, "AddObject: queued\n")
    thread = answering(cpe, acs, lambda sent: response("AddObject", sent, "<InstanceNumber>3</InstanceNumber>"))
    thread.join()
    status, shown = run("result", "1")
    assert status == 0
    assert "instance_number  3" in shown
    assert json.loads(run("result", "1", "--json")[1])["result"] == {"instance_number": 3}


def test_an_rpc_that_waits_because_the_device_was_asked_too_often_says_so(run: Run, acs: LabAcs, cpe: Cpe) -> None:
    listener = ConnectionRequestListener(
        "127.0.0.1", 0, "cr", lambda: ("acs", "secret"), lambda: None, accepted_per_minute=1
    )
    with closing(listener):
        device = acs.devices[DEVICE]
        device.connection_request_url = f"http://127.0.0.1:{listener.port}/cr"
        device.connection_request_user, device.connection_request_password = "acs", "secret"
        assert run("get", "-", "Device.", "--wait", "0")[1] == "GetParameterValues: queued\n"
        assert "was asked too often" in run("get", "-", "Device.", "--wait", "0")[1]
        told = json.loads(run("get", "-", "Device.", "--wait", "0", "--json")[1])
        assert (told["state"], told["connection_request"]["status"]) == ("queued", 503)
        assert "wait a minute" in told["connection_request"]["next"]
        shown = run("result", told["id"])[1]
    assert "asked too often" in shown
    assert "next session; next: wait a minute" in shown


@pytest.mark.parametrize(
    ("method", "inside", "shown"),
    [
        ("GetParameterNames", ('<ParameterList enc:arrayType="c:ParameterInfoStruct[1]"><ParameterInfoStruct>'
         "<Name>Device.A</Name><Writable>1</Writable></ParameterInfoStruct></ParameterList>"), "w  Device.A"),
        ("GetRPCMethods", ('<MethodList enc:arrayType="x:string[2]"><string>Reboot</string><string>X</string>'
         "</MethodList>"), "methods  Reboot, X"),
        ("GetParameterAttributes", ('<ParameterList enc:arrayType="c:ParameterAttributeStruct[1]">'
         "<ParameterAttributeStruct><Name>Device.A</Name><Notification>2</Notification>"
         '<AccessList enc:arrayType="x:string[1]"><string>Subscriber</string></AccessList>'
         "</ParameterAttributeStruct></ParameterList>"), "Device.A  2  Subscriber"),
        ("Reboot", "", "Reboot: done in"),
    ],
)  # fmt: skip
def test_each_result_is_shown_in_its_own_way(
    method: str, inside: str, shown: str, run: Run, acs: LabAcs, cpe: Cpe
) -> None:
    thread = answering(cpe, acs, lambda sent: response(method, sent, inside))
    arguments = ['{"names": ["Device."]}'] if method == "GetParameterAttributes" else []
    status, text = run("rpc", "-", method, *arguments, "--now", "--wait", "5")
    thread.join()
    assert status == 0
    assert shown in text


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        ([], {}),
        (["path=Device.", "next_level=false"], {"path": "Device.", "next_level": False}),
        (['{"delay_seconds": 5}'], {"delay_seconds": 5}),
        (["delay_seconds=5", 'command_key="5"', "url=http://h/?a=b"],
         {"delay_seconds": 5, "command_key": "5", "url": "http://h/?a=b"}),
    ],
)  # fmt: skip
def test_arguments_are_json_or_text(texts: list[str], expected: dict[str, Any]) -> None:
    assert lab_client._arguments(texts) == expected


@pytest.mark.parametrize(
    "arguments",
    [
        ["rpc", "-", "Reboot", "{"],
        ["rpc", "-", "Reboot", "{1}"],
        ["rpc", "-", "Reboot", "key"],
        ["set", "-", "Device.A"],
    ],
)
def test_arguments_that_are_neither_are_a_matter_of_usage(arguments: list[str], run: Run, cpe: Cpe) -> None:
    assert run(*arguments)[0] == 2


def test_what_the_acs_refuses_is_told_with_its_next_step(run: Run, cpe: Cpe) -> None:
    status, shown = run("rpc", "-", "Reboot", "when=now")
    assert status == 1
    assert "Reboot takes command_key; not when" in shown
    document = json.loads(run("rpc", "-", "Reboot", "when=now", "--json")[1])
    assert (document["schema"], document["error"]["code"]) == (1, "bad_arguments")


def test_the_methods_are_listed_with_what_they_take(run: Run) -> None:
    status, shown = run("methods")
    assert (status, "ScheduleInform\n    delay_seconds; command_key" in shown) == (0, True)
    assert max(map(len, shown.splitlines())) <= 100
    assert json.loads(run("methods", "Reboot", "--json")[1])["methods"] == [
        {"method": "Reboot", "arguments": 'command_key ""'}
    ]
    assert run("methods", "Explode")[0] == 2


def test_how_long_to_wait_is_said_alike_everywhere() -> None:
    for verb, default in (("get - Device.A", 30.0), ("set - Device.A=1", 30.0), ("rpc - Reboot", None)):
        for said, meant in (("", default), ("--wait", 30.0), ("--wait 5", 5.0)):
            arguments = ["lab", *verb.split(), *said.split()]
            assert main.parser_for(arguments).parse_args(arguments).wait == meant, (verb, said)


def test_a_certificate_that_is_not_trusted_is_told_with_the_option_that_mends_it(run: Run, tmp_path: Path) -> None:
    certificates = make_certificates(tmp_path)
    with LabAcs(tls=server_context(certificates.server, certificates.server_key)) as acs:
        status, shown = run("devices", "--acs", acs.url)
        assert (status, "is not trusted" in shown, "next: name it with --ca FILE" in shown) == (1, True, True)
        assert run("devices", "--acs", acs.url, "--ca", str(certificates.server))[0] == 0


def test_an_rpc_for_a_device_that_is_expected(run: Run, acs: LabAcs) -> None:
    status, _ = run("rpc", "001122-New-1", "Reboot", "--expect")
    assert status == 0
    assert [rpc.method for rpc in acs.devices["001122-New-1"].queue] == ["Reboot"]


def test_a_connection_request_that_fails_ends_with_1(run: Run, cpe: Cpe) -> None:
    status, shown = run("connect", "-")
    assert status == 1
    assert "has told no connection request URL yet" in shown


def test_a_connection_request_that_is_accepted_ends_with_0(run: Run, cpe: Cpe) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            for _ in range(2):
                sock, _ = listener.accept()
                with sock:
                    sock.recv(1000)
                    sock.sendall(b"HTTP/1.1 204 No Content\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}/x"
        cpe.post(inform(parameters=[("Device.ManagementServer.ConnectionRequestURL", url, "string")]))
        status, shown = run("connect", "-")
        assert status == 0
        assert f"{url} answered 204 in " in shown
        assert json.loads(run("connect", "-", "--json")[1])["accepted"] is True
        thread.join()


def test_sessions_are_shown_as_conversations(run: Run, cpe: Cpe) -> None:
    status, shown = run("sessions", "-")
    assert status == 0
    assert f"{DEVICE}  session 1 ended" in shown
    assert "Inform " in shown
    assert "1 BOOT  1 parameter: Device.A=1" in shown
    assert "<EventCode>" in run("sessions", "-", "--xml")[1]
    assert json.loads(run("sessions", "-", "--json")[1])["sessions"][0]["state"] == "ended"


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/", "nonsense", "ftp://x/"])
def test_no_lab_acs_is_a_problem_with_a_next_step(url: str, run: Run) -> None:
    status, shown = run("devices", "--acs", url)
    assert status == 1
    assert "no lab ACS" in shown
    assert "start one with cpe-agent lab acs" in shown


@pytest.mark.slow
def test_a_boolean_of_a_real_agent_is_set_by_a_number(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    enable = "Device.ManagementServer.PeriodicInformEnable"
    with Stand(tmp_path) as stand:
        agent = stand.first_contact()
        monkeypatch.setenv("CPE_AGENT_LAB", stand.acs.url)
        for text, read in (("0", "false"), ("1", "true")):
            main.run(["lab", "set", "-", f"{enable}={text}", "--wait", "0"])
            stand.session(agent)
            assert agent.values(enable) == {enable: read}
