"""The conversation is one readable line for each message, without secrets and without steering the terminal."""

import io
import json
from typing import Any

import pytest

from agent.lab import soap
from agent.lab.conversation import (
    Printer,
    describe_message,
    describe_request,
    indented_xml,
    line_json,
    line_text,
    printable,
    size_text,
)
from agent.lab.records import Line
from tests.lab.cpe import fault, inform, response, values


def described(data: bytes) -> tuple[str, tuple[str, ...]]:
    message = soap.parse(data)
    return describe_message(message.method, message.content)


def test_an_inform_shows_its_events_retries_and_first_parameters() -> None:
    parameters = [(f"Device.P{index}", str(index), "int") for index in range(5)]
    summary, _ = described(inform("0 BOOTSTRAP", ("M Reboot", "key"), parameters=parameters, retry=2))
    assert summary == ("0 BOOTSTRAP, M Reboot (key)  retry 2  5 parameters: Device.P0=0, Device.P1=1, Device.P2=2, …")


def test_an_inform_shows_first_what_was_not_so_in_the_one_before() -> None:
    parameters = [(f"Device.P{index}", str(index), "int") for index in range(5)]
    message = soap.parse(inform("4 VALUE CHANGE", parameters=parameters))
    before = {"Device.P0": "0", "Device.P1": "1", "Device.P2": "2", "Device.P3": "7"}
    summary, _ = describe_message(message.method, message.content, before)
    assert summary == "4 VALUE CHANGE  5 parameters: Device.P3=3, Device.P4=4, Device.P0=0, …"


def test_a_fault_shows_a_line_for_each_parameter() -> None:
    assert described(fault(9003, "1", ("Device.A", 9005))) == ("9003 refused", ("Device.A = 9005 no",))


@pytest.mark.parametrize(
    ("data", "summary"),
    [
        (response("GetParameterValues", "1", values([("Device.A", "x" * 99, "string")])),
         "1 parameter: Device.A=" + "x" * 59 + "…"),
        (response("GetRPCMethods", "1", '<MethodList enc:arrayType="x:string[1]"><string>Reboot</string></MethodList>'),
         "1 method: Reboot"),
        (response("GetParameterNames", "1", '<ParameterList enc:arrayType="x[0]"/>'), "0 names"),
        (response("GetParameterAttributes", "1", '<ParameterList enc:arrayType="x[0]"/>'), "0 attributes"),
        (response("GetQueuedTransfers", "1", '<TransferList enc:arrayType="x[0]"/>'), "0 transfers"),
        (response("AddObject", "1", "<InstanceNumber>3</InstanceNumber><Status>0</Status>"),
         "instance_number=3  status=0"),
    ],
)  # fmt: skip
def test_a_response_shows_the_essentials(data: bytes, summary: str) -> None:
    assert described(data)[0] == summary


@pytest.mark.parametrize(
    ("method", "arguments", "summary"),
    [
        ("GetParameterValues", {"names": ["Device."]}, "1 name: Device."),
        ("SetParameterValues", {"parameters": {"Device.A": True}}, "1 parameter: Device.A=True"),
        ("SetParameterValues", {"parameters": [{"path": "Device.A", "value": "b"}]}, "1 parameter: Device.A=b"),
        ("Reboot", {"command_key": ""}, ""),
        ("GetParameterNames", {"path": "Device.", "next_level": True}, "path=Device.  next_level=True"),
    ],
)
def test_a_request_shows_the_essentials(method: str, arguments: dict[str, Any], summary: str) -> None:
    assert describe_request(method, arguments)[0] == summary


def test_no_secret_is_shown() -> None:
    shown = [
        *described(inform(parameters=[("Device.X.KeyPassphrase", "hunter2", "string")])),
        *described(response("GetParameterValues", "1", values([("Device.X.Password", "hunter2", "string")]))),
        *describe_request("Download", {"url": "http://u:hunter2@h/", "password": "hunter2"}),
        *describe_request("SetParameterValues", {"parameters": {"Device.X.Password": "hunter2"}}),
        *describe_request("ChangeDUState", {"operations": [{"operation": "Install", "password": "hunter2"}]}),
    ]
    assert "hunter2" not in str(shown)
    assert str(shown).count("******") == 6


LINE = Line(0.25, "cpe", "Fault", "d", 3, 9, 1234, "1", "9003 no\x1b[2J", ("Device.A = 9005 \x07",), 0.0123, True)


def test_a_line_for_people_cannot_steer_their_terminal() -> None:
    text = line_text(LINE)
    assert "\x1b" not in text
    assert "\x07" not in text
    assert text.splitlines()[0].endswith("CPE → Fault                       1.2 kB in 12.3 ms  9003 no\\x1b[2J")
    assert text.splitlines()[1] == " " * 20 + "Device.A = 9005 \\x07"
    assert "\x1b[31m" in line_text(LINE, colour=True)
    assert "->" in line_text(LINE, arrows=False)
    assert printable("ä\n") == "ä\\n"


def test_a_line_for_machines_has_everything() -> None:
    assert line_json(LINE) == {
        "schema": 1, "at": 0.25, "direction": "cpe", "message": "Fault", "device": "d", "session": 3, "exchange": 9,
        "bytes": 1234, "id": "1", "summary": "9003 no\x1b[2J", "details": ["Device.A = 9005 \x07"], "seconds": 0.0123,
        "bad": True,
    }  # fmt: skip


def test_a_printer_heads_each_session() -> None:
    stream = io.StringIO()
    printer = Printer(stream, as_json=False, colour=False)
    for session in (1, 1, 2):
        printer.line(Line(0.0, "cpe", "Inform", "dev", session))
    printer.line(Line(0.0, "acs", "401 Unauthorized"))
    assert stream.getvalue().count("dev  session") == 2


def test_a_printer_may_set_the_conversation_apart() -> None:
    stream = io.StringIO()
    printer = Printer(stream, as_json=False, colour=False, indent="    ")
    printer.line(Line(0.0, "cpe", "Fault", "dev", 1, details=("one", "two")))
    printer.envelope("<a>\n<b/>")
    assert [line for line in stream.getvalue().splitlines() if line and not line.startswith("    ")] == []


def test_a_printer_writes_json_lines_and_survives_a_poor_encoding() -> None:
    raw = io.BytesIO()
    stream = io.TextIOWrapper(raw, "ascii")
    Printer(stream, as_json=True, colour=False).say("hello", listening="u")
    printer = Printer(stream, as_json=False, colour=False)
    printer.line(Line(0.0, "cpe", "Inform", summary="ü"))
    printer.envelope("<a>\x1b</a>")
    first, *rest = raw.getvalue().decode().splitlines()
    assert json.loads(first) == {"schema": 1, "listening": "u"}
    assert "-> Inform" in rest[0]
    assert "\\xfc" in rest[0]
    assert rest[1] == "<a>\\x1b</a>"


def test_sizes_are_for_people() -> None:
    assert [size_text(size) for size in (0, 999, 1000, 2_500_000)] == ["0 B", "999 B", "1.0 kB", "2.5 MB"]


def test_an_envelope_is_indented_with_an_element_on_each_line() -> None:
    xml = "<a x='1'><b>text</b><c/><d><e>1</e></d></a>"
    assert indented_xml(xml).splitlines() == [
        "<a x='1'>", "  <b>text</b>", "  <c/>", "  <d>", "    <e>1</e>", "  </d>", "</a>",
    ]  # fmt: skip
    assert indented_xml("no xml") == "no xml"
