"""What the table of declarations says of elements, and how single texts are read and written."""

from dataclasses import fields
from datetime import UTC, datetime, timedelta, timezone

import pytest

from agent.cwmp import messages as m
from agent.cwmp.codec import Kind, Node, Unreadable, escape, items, prefixes, read, time_text, write

STRUCTURES = [kind for kind in vars(m).values() if isinstance(kind, type) and kind.__name__.endswith("Struct")]


def node(name: str, *children: Node, text: str = "", **attributes: str) -> Node:
    return Node(name, attributes=attributes, pieces=[text], children=list(children))


def test_an_element_is_called_as_the_standard_spells_it() -> None:
    assert [item.element for item in items(m.AutonomousTransferComplete)] == [
        "AnnounceURL",
        "TransferURL",
        "IsDownload",
        "FileType",
        "FileSize",
        "TargetFileName",
        "FaultStruct",
        "StartTime",
        "CompleteTime",
    ]
    assert [item.element for item in items(m.DeviceIdStruct)] == ["Manufacturer", "OUI", "ProductClass", "SerialNumber"]
    assert items(m.UninstallOpStruct)[0].element == "UUID"


@pytest.mark.parametrize(
    "declaration", [*m.METHODS.values(), *m.RESPONSES.values(), *STRUCTURES], ids=lambda kind: kind.__name__
)
def test_every_declaration_can_be_read_as_a_table(declaration: type) -> None:
    assert [item.attribute for item in items(declaration)] == [entry.name for entry in fields(declaration)]


def test_the_form_of_a_field_follows_from_its_annotation() -> None:
    forms = {item.attribute: item.kind for item in items(m.Inform)}
    assert forms["device_id"] is Kind.STRUCTURE
    assert forms["event"] is Kind.ARRAY
    assert forms["retry_count"] is Kind.UNSIGNED
    assert forms["current_time"] is Kind.TIME
    assert items(m.ChangeDUState)[0].kind is Kind.REPEATED
    assert items(m.ParameterValueStruct)[2].kind is Kind.TYPE_OF_VALUE


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-03-01T12:00:00Z", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("2026-03-01T12:00:00.250+02:00", datetime(2026, 3, 1, 12, 0, 0, 250000, timezone(timedelta(hours=2)))),
        ("2026-03-01T12:00:00", datetime(2026, 3, 1, 12, tzinfo=UTC)),
        ("0001-01-01T00:00:00Z", m.UNKNOWN_TIME),
    ],
)
def test_a_time_is_read_with_any_offset_or_none(text: str, moment: datetime) -> None:
    read_back = read(m.DownloadResponse, node("x", node("Status", text="0"), node("StartTime", text=text)))
    assert read_back.start_time == moment


def test_what_is_no_time_is_unreadable() -> None:
    with pytest.raises(Unreadable, match="StartTime is no dateTime"):
        read(m.DownloadResponse, node("x", node("Status", text="0"), node("StartTime", text="soon")))


def test_lenient_reading_takes_the_default_for_what_it_cannot_read() -> None:
    odd = node("InformResponse", node("MaxEnvelopes", text="many"))
    with pytest.raises(Unreadable):
        read(m.InformResponse, odd)
    assert read(m.InformResponse, odd, lenient=True) == m.InformResponse(1)


@pytest.mark.parametrize(
    ("moment", "text"),
    [
        (m.UNKNOWN_TIME, "0001-01-01T00:00:00Z"),
        (datetime(2026, 3, 1, 12, 0, 0, 999999, UTC), "2026-03-01T12:00:00Z"),
        (datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=-3, minutes=-30))), "2026-03-01T12:00:00-03:30"),
    ],
)
def test_a_time_is_written_to_the_second_with_its_offset(moment: datetime, text: str) -> None:
    assert time_text(moment) == text


@pytest.mark.parametrize(
    ("text", "written"),
    [
        ("a<b>&\"c'", "a&lt;b&gt;&amp;&quot;c'"),
        ("line\r\nnext\ttab", "line&#13;\nnext\ttab"),
        ("nul\0, escape\x1b, half \ud800, none \uffff", "nul\ufffd, escape\ufffd, half \ufffd, none \ufffd"),
        ("žluť 日本 🎉", "žluť 日本 🎉"),
        ("]]>", "]]&gt;"),
    ],
)
def test_text_is_escaped_and_what_xml_cannot_hold_is_replaced(text: str, written: str) -> None:
    assert escape(text) == written


def test_the_members_of_a_list_come_one_by_one() -> None:
    pieces = list(write(m.GetParameterValues(("a", "b"))))
    assert pieces == [
        '<ParameterNames soap-enc:arrayType="xsd:string[2]">',
        "<string>a</string>",
        "<string>b</string>",
        "</ParameterNames>",
    ]


def test_an_absent_optional_element_is_not_written() -> None:
    assert "".join(write(m.UninstallOpStruct("u", None, "e"))) == "<UUID>u</UUID><ExecutionEnvRef>e</ExecutionEnvRef>"


@pytest.mark.parametrize(
    ("declaration", "needed"),
    [
        (m.Reboot, set()),
        (m.GetParameterValues, {"soap-enc", "xsd"}),
        (m.GetParameterNamesResponse, {"soap-enc"}),
        (m.GetParameterAttributesResponse, {"soap-enc", "xsd"}),
        (m.Inform, {"soap-enc", "xsd", "xsi"}),
        (m.ChangeDUState, {"xsi"}),
    ],
)
def test_a_message_needs_the_prefixes_of_its_parts(declaration: type, needed: set[str]) -> None:
    assert prefixes(declaration) == needed
