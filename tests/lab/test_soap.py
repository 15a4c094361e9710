"""Envelopes are read whatever their prefixes, refused when they are none, and written with nothing superfluous."""

import time
import xml.etree.ElementTree as ET

import pytest

from agent.lab import soap
from tests.lab.cpe import UUID, envelope, fault, inform, response, values


def test_an_inform_is_read_whole() -> None:
    message = soap.parse(
        inform(
            "0 BOOTSTRAP",
            ("M Reboot", "key"),
            parameters=[("Device.A", "x & y", "string"), ("Device.B", "", "boolean")],
            retry=3,
            header="<c:SessionTimeout>60</c:SessionTimeout><c:SupportedCWMPVersions>1.0,1.4</c:SupportedCWMPVersions>",
        )
    )
    assert (message.method, message.id, message.namespace) == ("Inform", "c1", "urn:dslforum-org:cwmp-1-2")
    assert (message.session_timeout, message.supported_versions, message.remarks) == (60, "1.0,1.4", ())
    assert message.content == {
        "device_id": {
            "manufacturer": "Example", "oui": "001122", "product_class": "Box", "serial_number": "7",
        },
        "events": [
            {"code": "0 BOOTSTRAP", "command_key": ""},
            {"code": "M Reboot", "command_key": "key"},
        ],
        "max_envelopes": 1,
        "current_time": "2026-03-01T12:00:00Z",
        "retry_count": 3,
        "parameters": [
            {"path": "Device.A", "value": "x & y", "type": "string"},
            {"path": "Device.B", "value": "", "type": "boolean"},
        ],
    }  # fmt: skip


ARRAY = "ParameterList enc:arrayType"
RESPONSES = [
    ("SetParameterValues", "<Status>1</Status>", {"status": 1}),
    ("AddObject", "<InstanceNumber>4</InstanceNumber><Status>0</Status>", {"instance_number": 4, "status": 0}),
    ("Reboot", "", {}),
    ("GetParameterValues", values([("Device.A", "1", "int")]),
     {"parameters": [{"path": "Device.A", "value": "1", "type": "int"}]}),
    ("GetParameterNames", (f'<{ARRAY}="c:ParameterInfoStruct[1]"><ParameterInfoStruct><Name>Device.A.</Name>'
     "<Writable>true</Writable></ParameterInfoStruct></ParameterList>"),
     {"names": [{"path": "Device.A.", "writable": True}]}),
    ("GetParameterAttributes", (f'<{ARRAY}="c:ParameterAttributeStruct[1]"><ParameterAttributeStruct>'
     '<Name>Device.A</Name><Notification>2</Notification><AccessList enc:arrayType="x:string[1]">'
     "<string>Subscriber</string></AccessList></ParameterAttributeStruct></ParameterList>"),
     {"attributes": [{"path": "Device.A", "notification": 2, "access_list": ["Subscriber"]}]}),
    ("GetRPCMethods", ('<MethodList enc:arrayType="x:string[2]"><string>Reboot</string><string>Upload</string>'
     "</MethodList>"), {"methods": ["Reboot", "Upload"]}),
    ("Download", ("<Status>1</Status><StartTime>0001-01-01T00:00:00Z</StartTime>"
     "<CompleteTime>0001-01-01T00:00:00Z</CompleteTime>"),
     {"status": 1, "start_time": "0001-01-01T00:00:00Z", "complete_time": "0001-01-01T00:00:00Z"}),
    ("GetAllQueuedTransfers", ('<TransferList enc:arrayType="c:AllQueuedTransferStruct[1]"><AllQueuedTransferStruct>'
     "<CommandKey>k</CommandKey><State>2</State><IsDownload>1</IsDownload><FileType>1 F I</FileType>"
     "<FileSize>9</FileSize><TargetFileName/></AllQueuedTransferStruct></TransferList>"),
     {"transfers": [{"command_key": "k", "state": 2, "is_download": True, "file_type": "1 F I", "file_size": 9,
                     "target_file_name": ""}]}),
]  # fmt: skip


@pytest.mark.parametrize(("method", "inside", "content"), RESPONSES, ids=[each[0] for each in RESPONSES])
def test_a_response_becomes_json(method: str, inside: str, content: dict[str, object]) -> None:
    message = soap.parse(response(method, "9", inside))
    assert message.content == content
    assert message.remarks == ()
    assert message.is_answer


def test_a_fault_names_every_refused_parameter() -> None:
    message = soap.parse(fault(9003, "9", ("Device.A", 9005), ("Device.B", 9008)))
    assert (message.method, message.content["code"], message.is_answer) == ("Fault", 9003, True)
    assert [(wrong["path"], wrong["code"]) for wrong in message.content["parameters"]] == [
        ("Device.A", 9005),
        ("Device.B", 9008),
    ]


def test_a_fault_without_a_cwmp_fault_is_remarked() -> None:
    data = envelope("<E:Fault><faultcode>Server</faultcode><faultstring>broken</faultstring></E:Fault>")
    message = soap.parse(data)
    assert message.content == {"code": 0, "string": "broken", "parameters": []}
    assert message.remarks


def test_requests_of_a_cpe_become_json() -> None:
    done = soap.parse(
        envelope(
            "<c:TransferComplete><CommandKey>k</CommandKey><FaultStruct><FaultCode>0</FaultCode><FaultString/>"
            "</FaultStruct><StartTime>2026-03-01T12:00:00Z</StartTime></c:TransferComplete>"
        )
    )
    assert done.content["fault_struct"] == {"fault_code": 0, "fault_string": ""}
    assert not done.is_answer
    changed = soap.parse(
        envelope(
            f"<c:DUStateChangeComplete><Results><UUID>{UUID}</UUID><Resolved>1</Resolved></Results>"
            "<CommandKey>k</CommandKey></c:DUStateChangeComplete>"
        )
    )
    assert changed.content == {"results": [{"uuid": UUID, "resolved": True}], "command_key": "k"}


def test_what_is_not_quite_right_is_read_and_remarked() -> None:
    data = envelope(
        "<c:GetParameterValuesResponse><ParameterList enc:arrayType='c:ParameterValueStruct[5]'>"
        "<ParameterValueStruct><Name>Device.A</Name><Value>1</Value></ParameterValueStruct>"
        "</ParameterList></c:GetParameterValuesResponse>"
    )
    message = soap.parse(data)
    assert message.content["parameters"] == [{"path": "Device.A", "value": "1", "type": ""}]
    assert message.remarks == ("ParameterList says 5 members and has 1", "1 values without xsi:type")
    assert soap.parse(envelope("<c:GetParameterValuesResponse/>")).remarks == ("ParameterList is missing",)


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"hello", "not well-formed"),
        (b"<a>", "not well-formed"),
        (b"<a/>", "not a SOAP 1.1 Envelope"),
        (b'<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>', "DOCTYPE"),
        ("<!DOCTYPE a><a/>".encode("utf-16"), "not utf-8"),
        (b'<?xml version="1.0" encoding="cp037"?><a/>', "cp037"),
        (b"\xff\xff<a/>", "not utf-8"),
        (b"<a>\x00</a>", "not well-formed"),
        (envelope(""), "no Body with one element"),
        (envelope("<c:A/><c:B/>"), "no Body with one element"),
        (envelope("<Inform/>"), "no CWMP namespace"),
        (b"<a>" * 100 + b"</a>" * 100, "deeper than"),
        (b"<a>" + b"<b/>" * (soap.MAX_TAGS + 1) + b"</a>", "tags"),
    ],
)
def test_what_is_no_envelope_is_refused_with_the_reason(data: bytes, reason: str) -> None:
    with pytest.raises(soap.NotAnEnvelope, match=reason):
        soap.parse(data)


def test_a_hundred_thousand_nested_elements_are_refused_and_harm_nothing() -> None:
    with pytest.raises(soap.NotAnEnvelope):
        soap.parse(b"<a>" * 100_000 + b"</a>" * 100_000)


def test_the_charset_of_the_content_type_and_of_the_declaration_count() -> None:
    text = envelope(
        f"<c:GetParameterValuesResponse>{values([('Device.A', 'ü', 'string')])}</c:GetParameterValuesResponse>"
    )
    latin = text.decode().replace("UTF-8", "ISO-8859-1").encode("latin-1")
    assert soap.parse(latin).content["parameters"][0]["value"] == "ü"
    assert soap.parse(text.decode().encode("latin-1"), "iso-8859-1").content["parameters"][0]["value"] == "ü"


def test_an_envelope_declares_only_the_prefixes_in_use() -> None:
    plain = soap.render("<cwmp:Reboot/>", soap.namespace_of("1.0"), id="1").decode()
    assert plain.count("xmlns:") == 2
    assert 'xmlns:cwmp="urn:dslforum-org:cwmp-1-0"' in plain
    assert soap.render('<a xsi:type="xsd:int"/>', "urn:x").decode().count("xmlns:") == 4


def test_headers_are_written_as_asked_and_escaped() -> None:
    data = soap.render("<cwmp:Reboot/>", soap.namespace_of("1.4"), id="<1>", hold_requests=True, use_version="1.4")
    header = ET.fromstring(data)[0]
    assert [element.text for element in header] == ["<1>", "1", "1.4"]
    assert {value for element in header for value in element.attrib.values()} == {"1"}


def test_undeclared_prefixes_and_the_malformed_fault_are_not_namespace_well_formed() -> None:
    for data in (
        soap.render("<cwmp:Reboot/>", "urn:x", id="1", undeclared_prefixes=True),
        soap.render('<a soap-enc:arrayType="b[0]"/>', "urn:x", undeclared_prefixes=True),
        soap.render(soap.fault_body(8000, "no", malformed=True), "urn:x"),
    ):
        with pytest.raises(ET.ParseError):
            ET.fromstring(data)


@pytest.mark.parametrize(("version", "tail"), [("1.0", "1-0"), ("1.1", "1-1"), ("1.3", "1-2"), ("1.4", "1-2")])
def test_versions_from_1_2_on_share_their_namespace(version: str, tail: str) -> None:
    assert soap.namespace_of(version) == f"urn:dslforum-org:cwmp-{tail}"


def test_text_that_xml_cannot_hold_is_refused() -> None:
    assert soap.xml_text("<&>") == "&lt;&amp;&gt;"
    with pytest.raises(ValueError, match="cannot hold"):
        soap.xml_text("a\x00b")


def test_five_thousand_parameters_are_read_in_linear_time() -> None:
    many = [(f"Device.Bench.Row.{index}.SomeParameterWithAName", "value " * 5, "string") for index in range(5000)]
    data = response("GetParameterValues", "1", values(many))
    started = time.perf_counter()
    message = soap.parse(data)
    assert time.perf_counter() - started < 10
    assert len(message.content["parameters"]) == 5000


def test_a_carriage_return_arrives_as_one() -> None:
    sent = soap.xml_text("one\r\ntwo\rthree & <four>")
    assert ET.fromstring(f"<value>{sent}</value>").text == "one\r\ntwo\rthree & <four>"
