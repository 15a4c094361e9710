"""What an ACS may send and is understood, what is refused, and what goes out."""

import tracemalloc
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from agent.cwmp import messages as m
from agent.cwmp import soap
from agent.cwmp.soap import Limits, Malformed, parse, render
from tests.shorthand import DEVICE, NOON, SAMPLES, needs_xsds, problems, valid

CORPUS = Path(__file__).resolve().parent.parent / "soap"
PLAIN_REBOOT = m.Envelope(m.Reboot("key"), id="7", version="1.2")

UNDERSTOOD: dict[str, m.Envelope] = {
    "inform_response": m.Envelope(m.InformResponse(1), id="7", version="1.0"),
    "inform_response_bare": m.Envelope(m.InformResponse(1), version="1.2"),
    "inform_response_hold": m.Envelope(m.InformResponse(1), id="7", hold_requests=True, version="1.2"),
    "inform_response_use_version": m.Envelope(m.InformResponse(1), id="7", use_version="1.4", version="1.2"),
    "inform_response_other_prefixes": m.Envelope(m.InformResponse(1), id="7", version="1.1"),
    "default_namespace": m.Envelope(m.GetParameterValues(("Device.",)), id="7", version="1.2"),
    "undeclared_prefixes": m.Envelope(m.GetParameterValues(("Device.DeviceInfo.",)), id="7", version="1.0"),
    "reboot_without_namespace": m.Envelope(m.Reboot(""), id="7", version="1.2"),
    "fault_with_two_prefixes": m.Envelope(
        m.Fault(8000, "Method not supported", soap_code="Server"), id="7", version="1.2"
    ),
    "fault_retry": m.Envelope(m.Fault(8005, "Retry request", soap_code="Server"), id="7", version="1.2"),
    "fault_without_detail": m.Envelope(m.Fault(0, "no idea", soap_code="Client"), id="7", version="1.2"),
    "set_attributes_misnamed": m.Envelope(
        m.SetParameterAttributes(
            (m.SetParameterAttributesStruct("Device.DeviceInfo.UpTime", notification_change=True, notification=1),)
        ),
        id="7",
        version="1.2",
    ),
    "set_values_untyped": m.Envelope(
        m.SetParameterValues(
            (
                m.ParameterValueStruct("Device.A", " two  spaces ", None),
                m.ParameterValueStruct("Device.B", "7", "unsignedInt"),
                m.ParameterValueStruct("Device.C", "a<b&c", "string"),
            )
        ),
        id="7",
        version="1.2",
    ),
    "set_values_without_name": m.Envelope(
        m.InvalidRequest("SetParameterValues", "ParameterValueStruct lacks Name"), id="7", version="1.2"
    ),
    "download_short": m.Envelope(
        m.Download(command_key="key", file_type="1 Firmware Upgrade Image", url="http://files.example/image"),
        id="7",
        version="1.2",
    ),
    "names_of_everything": m.Envelope(m.GetParameterNames("", False), id="7", version="1.2"),
    "names_without_level": m.Envelope(
        m.InvalidRequest("GetParameterNames", "GetParameterNames lacks NextLevel"), id="7", version="1.2"
    ),
    "schedule_inform_negative": m.Envelope(
        m.InvalidRequest("ScheduleInform", "DelaySeconds is no integer of 0 to 4294967295"), id="7", version="1.2"
    ),
    "change_du_state_untyped": m.Envelope(
        m.InvalidRequest("ChangeDUState", "Operations has no known xsi:type: ''"), id="7", version="1.2"
    ),
    "unknown_method": m.Envelope(m.UnknownRequest("X_00D09E_Dance"), id="7", version="1.2"),
    "unknown_header": PLAIN_REBOOT,
    "unknown_header_must": m.Envelope(m.NotUnderstood("Reboot", "Transaction"), id="7", version="1.2"),
    "unknown_header_for_another": PLAIN_REBOOT,
    "empty_body": m.Envelope(m.Nothing(), id="7", version="1.2"),
    "cwmp_1_3": m.Envelope(m.GetRPCMethods(), id="7", version="1.3"),
    "cwmp_1_4": m.Envelope(m.GetRPCMethods(), id="7", version="1.4"),
    "cwmp_9_9": m.Envelope(m.GetRPCMethods(), id="7", version=None),
    "soap_1_2": m.Envelope(m.GetRPCMethods(), id="7", version="1.2"),
    "utf16": m.Envelope(m.Reboot("žluťoučký"), id="7", version="1.2"),
    "latin1": m.Envelope(m.Reboot("café"), id="7", version="1.2"),
    "utf8_with_mark": m.Envelope(m.Reboot("café"), id="7", version="1.2"),
}

REFUSED: dict[str, str] = {
    "bad_doctype": "DOCTYPE",
    "bad_external_entity": "DOCTYPE",
    "bad_laughs": "DOCTYPE",
    "bad_doctype_utf16": "DOCTYPE",
    "bad_unknown_entity": "not well-formed",
    "bad_cut_off": "not well-formed",
    "bad_no_body": "no Body",
    "bad_html": "'html', not Envelope",
    "bad_text": "not well-formed",
    "bad_utf8": "not well-formed",
    "bad_control_character": "not well-formed",
    "bad_nul": "not well-formed",
    "bad_two_roots": "not well-formed",
}

WARNED = {
    "undeclared_prefixes": "namespaces",
    "fault_with_two_prefixes": "namespaces",
    "empty_body": "empty body",
    "soap_1_2": "SOAP 1.1",
}


def corpus(name: str) -> bytes:
    return (CORPUS / f"{name}.xml").read_bytes()


def envelope_around(body: str, header: str = "") -> bytes:
    return (
        f'<s:Envelope xmlns:s="{soap.NAMESPACES["soap-env"]}" xmlns:cwmp="urn:dslforum-org:cwmp-1-2">'
        f"{header and f'<s:Header>{header}</s:Header>'}<s:Body>{body}</s:Body></s:Envelope>"
    ).encode()


# --- reading ------------------------------------------------------------------------------------------------------


INFORM_RESPONSE = "<cwmp:InformResponse><MaxEnvelopes>1</MaxEnvelopes></cwmp:InformResponse>"


@pytest.mark.parametrize("answer", [INFORM_RESPONSE, "<s:Fault/>", "<cwmp:TransferCompleteResponse/>", ""])
def test_an_answer_under_a_header_that_must_be_understood_and_is_not_is_none(answer: str) -> None:
    for header in ('<x:Sign xmlns:x="urn:x">1</x:Sign>', '<Sign s:mustUnderstand="1" s:actor="urn:other"/>'):
        parse(envelope_around(answer, header))
    with pytest.raises(Malformed, match="'Sign' must be understood"):
        parse(envelope_around(answer, '<Sign s:mustUnderstand="1"/>'))


def test_every_message_of_the_corpus_has_its_verdict_here() -> None:
    assert {file.stem for file in CORPUS.glob("*.xml")} == {*UNDERSTOOD, *REFUSED}


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_it_is_understood(name: str) -> None:
    assert parse(corpus(name)) == UNDERSTOOD[name]


@pytest.mark.parametrize("name", REFUSED)
def test_it_is_refused_with_a_reason(name: str) -> None:
    with pytest.raises(Malformed, match=REFUSED[name]):
        parse(corpus(name))


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_what_was_wrong_and_yet_read_is_told(name: str) -> None:
    told = " ".join(parse(corpus(name)).warnings)
    assert WARNED.get(name, "") in told
    assert bool(told) == (name in WARNED)


@pytest.mark.parametrize("name", UNDERSTOOD)
def test_a_message_that_is_cut_off_anywhere_is_never_obeyed(name: str) -> None:
    data = corpus(name).rstrip()
    for length in range(0, len(data) - 2, 7):
        with pytest.raises(Malformed):
            parse(data[:length])


@pytest.mark.parametrize(
    ("text", "meaning"), [("0", False), ("1", True), ("true", True), ("false", False), (" 1\n", True)]
)
def test_a_boolean_is_read_in_all_its_spellings(text: str, meaning: bool) -> None:
    body = f"<cwmp:GetParameterNames><ParameterPath/><NextLevel>{text}</NextLevel></cwmp:GetParameterNames>"
    assert parse(envelope_around(body)).message == m.GetParameterNames("", meaning)


@pytest.mark.parametrize("text", ["", "2", "yes", "TRUE FALSE"])
def test_what_is_no_boolean_makes_the_request_invalid(text: str) -> None:
    body = f"<cwmp:GetParameterNames><ParameterPath/><NextLevel>{text}</NextLevel></cwmp:GetParameterNames>"
    assert parse(envelope_around(body)).message == m.InvalidRequest("GetParameterNames", "NextLevel is no boolean")


@pytest.mark.parametrize("text", ["1_000", "٣", "4294967296", "1.5", "0x10", "9" * 5000])
def test_what_is_no_integer_makes_the_request_invalid(text: str) -> None:
    body = f"<cwmp:ScheduleInform><DelaySeconds>{text}</DelaySeconds></cwmp:ScheduleInform>"
    assert isinstance(parse(envelope_around(body)).message, m.InvalidRequest)


def test_the_id_comes_back_as_it_was_sent() -> None:
    assert parse(render(m.Envelope(m.Reboot(), id=" <&\"'> \r\n"))).id == " <&\"'> \r\n"


def test_a_second_element_of_the_same_name_is_ignored() -> None:
    body = "<cwmp:Reboot><CommandKey>first</CommandKey><CommandKey>second</CommandKey></cwmp:Reboot>"
    assert parse(envelope_around(body)).message == m.Reboot("first")


def test_the_charset_of_the_http_header_counts_where_the_document_names_none() -> None:
    data = envelope_around("<cwmp:Reboot><CommandKey>café</CommandKey></cwmp:Reboot>").decode().encode("latin-1")
    assert parse(data, charset="latin-1").message == m.Reboot("café")
    with pytest.raises(Malformed):
        parse(data)
    with pytest.raises(Malformed):
        parse(data, charset="no-such-charset")
    assert parse(corpus("latin1"), charset="utf-16").message == m.Reboot("café")


@pytest.mark.parametrize("before", ["\n", " \t\r\n", "\ufeff", "\n\ufeff", "\ufeff\n", "\ufeff \ufeff\n"])
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-16-le", "utf-16-be"])
def test_blanks_and_byte_order_marks_before_the_declaration_do_no_harm(before: str, encoding: str) -> None:
    if encoding.endswith("e"):
        before = "\ufeff" + before  # which of the two it is
    text = render(PLAIN_REBOOT).decode().replace("UTF-8", encoding[:6])
    assert parse((before + text).encode(encoding), charset="iso-8859-1") == PLAIN_REBOOT


def test_a_megabyte_of_blanks_is_no_envelope() -> None:
    with pytest.raises(Malformed):
        parse(b" \xef\xbb\xbf" * (1 << 18))


def test_a_response_that_says_nothing_sensible_is_still_the_response() -> None:
    assert parse(envelope_around("<cwmp:GetRPCMethodsResponse/>")).message == m.GetRPCMethodsResponse(())


def test_a_response_without_what_it_must_say_is_malformed() -> None:
    with pytest.raises(Malformed, match="AddObjectResponse lacks InstanceNumber"):
        parse(envelope_around("<cwmp:AddObjectResponse/>"))


# --- caps ---------------------------------------------------------------------------------------------------------


def test_more_bytes_than_allowed_are_not_even_parsed() -> None:
    data = envelope_around("<cwmp:Reboot/>")
    assert parse(data, Limits(size=len(data))).message == m.Reboot()
    with pytest.raises(Malformed, match="bytes"):
        parse(data, Limits(size=len(data) - 1))


def test_elements_and_attributes_are_counted_while_parsing() -> None:
    data = envelope_around('<a b="c"/>' + "<a/>" * 5)  # with Envelope and Body: nine
    assert parse(data, Limits(elements=9)).message == m.UnknownRequest("a")
    with pytest.raises(Malformed, match="more than 8 elements"):
        parse(data, Limits(elements=8))


def test_a_request_with_too_many_elements_has_its_answer_and_is_not_obeyed() -> None:
    values = [m.ParameterValueStruct(f"Device.A{number}", "1", "string") for number in range(6000)]
    request = m.Envelope(m.SetParameterValues(values), id="many", version="1.2")
    invalid = m.InvalidRequest("SetParameterValues", "more than 20000 elements and attributes")
    assert parse(render(request)) == m.Envelope(invalid, id="many", version="1.2")


@pytest.mark.parametrize("elements", [0, 1, 2])
def test_what_is_too_large_before_it_says_what_is_asked_for_is_malformed(elements: int) -> None:
    with pytest.raises(Malformed, match="elements and attributes"):
        parse(envelope_around("<cwmp:Reboot/>"), Limits(elements=elements))


def test_depth_is_counted_while_parsing() -> None:
    data = envelope_around("<a><b/></a>")
    assert parse(data, Limits(depth=4)).message == m.UnknownRequest("a")
    with pytest.raises(Malformed, match="more than 3 elements within"):
        parse(data, Limits(depth=3))


@pytest.mark.parametrize(
    "hostile",
    [
        b"<a>" * 300_000,
        b"<a/>" * 260_000,
        b"<a " + b" ".join(b'b%d=""' % n for n in range(90_000)) + b"/>",
        b"<a " + b" ".join(b'x%d:b=""' % n for n in range(70_000)) + b"/>",
        b"<a" + b"".join(b' xmlns:n%d="u"' % n for n in range(50_000)) + b"/>",
        b"<a>" + b"&#65;" * 200_000 + b"</a>",
        b"<a>" + b"<!---->" * 140_000 + b"</a>",
        b"<a>" + b"<?b?>" * 200_000 + b"</a>",
    ],
    ids=["deep", "wide", "attributes", "undeclared", "namespaces", "references", "comments", "instructions"],
)
def test_a_megabyte_of_malice_is_refused_at_the_cost_of_some_megabytes(hostile: bytes) -> None:
    tracemalloc.start()
    with pytest.raises(Malformed):
        parse(hostile)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 12_000_000


# --- writing ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("version", "message"),
    [(version, sample) for version in m.VERSIONS for sample in SAMPLES if sample.since <= version],
    ids=lambda value: value if isinstance(value, str) else m.name_of(value),
)
def test_every_message_is_valid_by_the_xsd_of_every_version_that_has_it(version: str, message: m.Message) -> None:
    needs_xsds()
    valid(m.Envelope(message, id="7", version=version))


@pytest.mark.parametrize("message", SAMPLES, ids=m.name_of)
def test_what_is_written_is_read_as_the_same(message: m.Message) -> None:
    assert parse(render(m.Envelope(message, id="7", version="1.1"))) == m.Envelope(message, id="7", version="1.1")


@pytest.mark.parametrize("version", m.VERSIONS)
def test_headers_go_out_to_the_versions_that_know_them(version: str) -> None:
    envelope = m.Envelope(
        m.Inform(device_id=DEVICE, event=(), current_time=NOON, parameter_list=()),
        id="1",
        session_timeout=30,
        supported_versions=m.VERSIONS,
        version=version,
    )
    read = parse(valid(envelope))
    assert (read.session_timeout is not None) == (version >= "1.3")
    assert read.supported_versions == (m.VERSIONS if version >= "1.4" else ())


def test_headers_of_the_acs_are_valid_too() -> None:
    envelope = m.Envelope(m.InformResponse(), id="1", hold_requests=True, use_version="1.4", version="1.4")
    read = parse(valid(envelope))
    assert (read.hold_requests, read.use_version) == (True, "1.4")


def test_the_prefixes_are_those_that_simple_servers_look_for() -> None:
    data = render(m.Envelope(m.GetParameterValuesResponse((m.ParameterValueStruct("Device.A", "1", "boolean"),)), "7"))
    assert b"<cwmp:GetParameterValuesResponse>" in data
    assert b'<Value xsi:type="xsd:boolean">1</Value>' in data
    assert b'soap-enc:arrayType="cwmp:ParameterValueStruct[1]"' in data


def test_a_value_without_a_type_goes_out_as_a_string() -> None:
    data = valid(m.Envelope(m.GetParameterValuesResponse((m.ParameterValueStruct("Device.A", "x"),)), "7"))
    assert b'<Value xsi:type="xsd:string">x</Value>' in data


def test_only_the_namespaces_that_are_used_are_declared() -> None:
    assert render(m.Envelope(m.RebootResponse(), "7")).count(b"xmlns:") == 2
    assert render(m.Envelope(m.Fault(9002), "7")).count(b"xmlns:") == 2
    assert render(m.Envelope(m.GetParameterValuesResponse(()), "7")).count(b"xmlns:") == 5


@pytest.mark.parametrize(
    ("version", "uri"),
    [("1.0", "1-0"), ("1.1", "1-1"), ("1.2", "1-2"), ("1.3", "1-2"), ("1.4", "1-2")],
)
def test_the_namespace_is_that_of_the_version(version: str, uri: str) -> None:
    assert f'xmlns:cwmp="urn:dslforum-org:cwmp-{uri}"'.encode() in render(m.Envelope(m.Reboot(), version=version))


def test_a_fault_of_soap_itself_has_no_detail() -> None:
    data = valid(m.Envelope(m.Fault(0, "Transaction is not understood", soap_code="MustUnderstand"), "7"))
    assert b"<faultcode>soap-env:MustUnderstand</faultcode>" in data
    assert b"detail" not in data


def test_a_fault_without_a_soap_code_gets_that_of_its_number() -> None:
    assert b"<faultcode>Client</faultcode>" in valid(m.Envelope(m.Fault(9003, "Invalid arguments"), "7"))
    assert b"<faultcode>Server</faultcode>" in valid(m.Envelope(m.Fault(9002, "Internal error"), "7"))


@pytest.mark.parametrize(
    "message", [m.UnknownRequest("x"), m.InvalidRequest("x", "y"), m.NotUnderstood("x", "y"), m.Nothing()]
)
def test_what_only_an_acs_can_mean_is_never_sent(message: m.Message) -> None:
    with pytest.raises(TypeError):
        render(m.Envelope(message))


@settings(deadline=None)
@given(st.text(alphabet=st.characters(codec=None), max_size=40))
def test_any_text_arrives_and_what_xml_cannot_hold_arrives_as_a_replacement(text: str) -> None:
    message = m.SetParameterValues((m.ParameterValueStruct(text, text, "string"),), text)
    legal = "".join(c if is_xml(c) else "\ufffd" for c in text)
    data = render(m.Envelope(message, id=text))
    read = parse(data)
    assert read.message == m.SetParameterValues((m.ParameterValueStruct(legal, legal, "string"),), legal)
    assert read.id == legal
    assert b"CDATA" not in data


def is_xml(character: str) -> bool:
    """The Char production of XML 1.0 (§2.2)."""
    code = ord(character)
    return code in (9, 10, 13) or 0x20 <= code <= 0xD7FF or 0xE000 <= code <= 0xFFFD or code >= 0x10000


def test_5000_values_cost_no_second_copy() -> None:
    values = [m.ParameterValueStruct(f"Device.Row.{n}.Name", "x" * 60, "string") for n in range(5000)]
    envelope = m.Envelope(m.GetParameterValuesResponse(values), "7")
    size = len(render(envelope))
    tracemalloc.start()
    assert sum(len(chunk) for chunk in soap.render_chunks(envelope)) == size
    streamed = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert size > 700_000
    assert streamed < 60_000


@pytest.mark.parametrize(
    "code",
    ["0 BOOTSTRAP", "13 WAKEUP", "14 HEARTBEAT", "M Reboot", "M X_00D09E_Sing", "X 00D09E Sing", "X example.com Sing"],
)
def test_every_form_of_event_code_is_valid_by_the_newest_xsd(code: str) -> None:
    needs_xsds()
    inform = m.Inform(device_id=DEVICE, event=(m.EventStruct(code),), current_time=NOON, parameter_list=())
    valid(m.Envelope(inform, id="1", version="1.4"))


def test_an_event_code_of_no_known_form_is_not_valid_by_the_xsd() -> None:
    needs_xsds()
    inform = m.Inform(device_id=DEVICE, event=(m.EventStruct("HELLO"),), current_time=NOON, parameter_list=())
    assert problems(render(m.Envelope(inform, id="1", version="1.4")), "1.4") != []
