"""Every RPC of an ACS is written from JSON as the XSDs want it, and wrong arguments are named."""

from typing import Any

import pytest

from agent.lab import rpcs, soap
from tests.lab.cpe import UUID
from tests.shorthand import needs_xsds, problems

CONTEXT = rpcs.Context(known_type={"Device.Known": "unsignedInt", "Device.Text": "string"}.get, base_url="http://acs:1")

REQUESTS: list[tuple[str, dict[str, Any], str]] = [
    ("GetRPCMethods", {}, "1.0"),
    ("SetParameterValues", {"parameters": {"Device.A": True, "Device.B": "x<y"}, "parameter_key": "k"}, "1.0"),
    ("SetParameterValues", {"parameters": []}, "1.0"),
    ("GetParameterValues", {"names": ["Device.", ""]}, "1.0"),
    ("GetParameterNames", {}, "1.0"),
    ("GetParameterNames", {"path": "Device.", "next_level": False}, "1.0"),
    ("SetParameterAttributes", {"parameters": {"Device.A": {"notification": 2, "access_list": ["Subscriber"]}}}, "1.0"),
    ("SetParameterAttributes", {"parameters": [{"path": "Device.A", "notification": 6}]}, "1.4"),
    ("GetParameterAttributes", {"names": ["Device."]}, "1.0"),
    ("AddObject", {"path": "Device.T.", "parameter_key": "k"}, "1.0"),
    ("DeleteObject", {"path": "Device.T.1."}, "1.0"),
    ("Reboot", {"command_key": "k"}, "1.0"),
    ("FactoryReset", {}, "1.0"),
    ("Download", {"url": "http://h/f?a=1&b=2", "file_size": 5, "delay_seconds": 1, "command_key": "k"}, "1.0"),
    ("Upload", {"url": "/files/log", "file_type": "2 Vendor Log File"}, "1.0"),
    ("ScheduleInform", {"delay_seconds": 30, "command_key": "k"}, "1.0"),
    ("ScheduleDownload", {"url": "/files/f", "time_windows": [{"start": 0, "end": 60}]}, "1.2"),
    ("CancelTransfer", {"command_key": "k"}, "1.2"),
    ("GetQueuedTransfers", {}, "1.0"),
    ("GetAllQueuedTransfers", {}, "1.1"),
    ("ChangeDUState", {"operations": [
        {"operation": "Install", "url": "http://h/du", "uuid": UUID, "username": "u", "password": "p"},
        {"operation": "Update", "uuid": UUID, "version": "2"},
        {"operation": "Uninstall", "uuid": UUID, "execution_env_ref": "Device.SoftwareModules.ExecEnv.1."},
    ], "command_key": "k"}, "1.2"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "arguments", "version"), REQUESTS, ids=[each[0] for each in REQUESTS])
def test_a_request_is_valid_by_the_xsds(method: str, arguments: dict[str, Any], version: str) -> None:
    needs_xsds()
    body = rpcs.render(method, arguments, CONTEXT)
    data = soap.render(body, soap.namespace_of(version), id="1", hold_requests=True)
    assert problems(data, version) == [], data.decode()


@pytest.mark.parametrize("method", rpcs.ANSWERED)
def test_an_answer_to_the_cpe_is_valid_by_the_xsds(method: str) -> None:
    needs_xsds()
    body = rpcs.answer(method)
    assert body is not None
    data = soap.render(body, soap.namespace_of("1.4"), id="1", use_version="1.4")
    assert problems(data, "1.4") == [], data.decode()


def test_a_fault_is_valid_by_the_xsds() -> None:
    needs_xsds()
    assert problems(soap.render(soap.fault_body(8000, "no"), soap.namespace_of("1.0")), "1.0") == []


def test_every_rpc_is_tried_and_nothing_else_is_answered() -> None:
    assert {method for method, _, _ in REQUESTS} == set(rpcs.WRITERS)
    assert rpcs.answer("Kicked") is None


def typed(value: Any, path: str = "Device.New") -> str:
    xml = rpcs.render("SetParameterValues", {"parameters": {path: value}}, CONTEXT)
    return xml.partition("<Value xsi:type=")[2].partition("</Value>")[0]


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (True, '"xsd:boolean">1'),
        (False, '"xsd:boolean">0'),
        (5, '"xsd:int">5'),
        ("5", '"xsd:string">5'),
        (1.5, '"xsd:string">1.5'),
        ({"value": 5, "type": "unsignedInt"}, '"xsd:unsignedInt">5'),
        ({"value": "5", "type": "xsd:long"}, '"xsd:long">5'),
        ({"value": True, "type": "string"}, '"xsd:string">true'),
        ({"value": "AA==", "type": "base64"}, '"soap-enc:base64">AA=='),
    ],
)
def test_a_value_has_the_type_that_is_given_or_that_json_gives(value: Any, written: str) -> None:
    assert typed(value) == written


def test_the_type_that_the_cpe_told_comes_before_that_of_json() -> None:
    assert typed(5, "Device.Known") == '"xsd:unsignedInt">5'
    assert typed("5", "Device.Known") == '"xsd:unsignedInt">5'
    assert typed(True, "Device.Text") == '"xsd:string">true'
    assert typed({"value": 5, "type": "int"}, "Device.Known") == '"xsd:int">5'


def test_a_list_of_parameters_may_name_one_twice() -> None:
    given = {"parameters": [{"path": "Device.A", "value": "1"}, {"path": "Device.A", "value": "2"}]}
    assert rpcs.render("SetParameterValues", given, CONTEXT).count("<Name>Device.A</Name>") == 2


def test_a_file_of_the_lab_gets_its_address_and_credentials() -> None:
    context = rpcs.Context(base_url="http://acs:1", username="cpe", password="secret")
    xml = rpcs.render("Download", {"url": "/files/fw"}, context)
    assert "<URL>http://acs:1/files/fw</URL><Username>cpe</Username><Password>secret</Password>" in xml
    own = rpcs.render("Download", {"url": "/files/fw", "username": "me", "password": "mine"}, context)
    assert "<Username>me</Username><Password>mine</Password>" in own
    assert "<Username></Username>" in rpcs.render("Download", {"url": "http://other/fw"}, context)


def test_xml_is_sent_as_it_stands_for_any_method() -> None:
    assert rpcs.render("X_Own", {"xml": "<A>1</A>"}, CONTEXT) == "<cwmp:X_Own><A>1</A></cwmp:X_Own>"
    assert rpcs.render("GetParameterNames", {"xml": ""}, CONTEXT) == "<cwmp:GetParameterNames/>"


@pytest.mark.parametrize(
    ("method", "arguments", "reason"),
    [
        ("Nonsense", {}, "Nonsense is not one of GetRPCMethods"),
        ("a b", {"xml": ""}, "no name of a method"),
        ("Reboot", {"xml": "", "command_key": ""}, "stands alone"),
        ("Reboot", {"xml": 5}, "xml is text"),
        ("Reboot", {"key": "x"}, "takes command_key; not key"),
        ("FactoryReset", {"x": 1}, "takes no arguments"),
        ("Reboot", {"command_key": 5}, "command_key of Reboot is text, not 5"),
        ("Reboot", {"command_key": "a\x00"}, "CommandKey: the text has characters"),
        ("GetParameterValues", {}, "needs names"),
        ("GetParameterValues", {"names": []}, "names needs a path"),
        ("GetParameterValues", {"names": "Device."}, "a list of texts"),
        ("GetParameterValues", {"names": [1]}, "a list of texts"),
        ("GetParameterNames", {"next_level": 1}, "true or false"),
        ("ScheduleInform", {}, "needs delay_seconds"),
        ("ScheduleInform", {"delay_seconds": True}, "a whole number"),
        ("SetParameterValues", {}, "needs parameters"),
        ("SetParameterValues", {"parameters": [{"value": 1}]}, 'objects with "path"'),
        ("SetParameterValues", {"parameters": {"Device.A": None}}, "is text, a number"),
        ("SetParameterValues", {"parameters": {"Device.A": {"type": "int"}}}, "value and type"),
        ("SetParameterValues", {"parameters": {"Device.A": {"value": 1, "type": "float"}}}, "is one of string"),
        ("SetParameterValues", {"parameters": {"Device.A": "\x01"}}, "Device.A: the text"),
        ("SetParameterAttributes", {"parameters": {"Device.A": 2}}, "are an object"),
        ("SetParameterAttributes", {"parameters": {"Device.A": {"level": 2}}}, "not level"),
        ("Download", {}, "needs url"),
        ("ScheduleDownload", {"url": "u", "time_windows": [1]}, "list of objects"),
        ("ScheduleDownload", {"url": "u", "time_windows": [{"start": 0}]}, "needs end"),
        ("ChangeDUState", {"operations": []}, "needs operations"),
        ("ChangeDUState", {"operations": [{"operation": "Remove"}]}, "one of Install, Update, Uninstall"),
        ("ChangeDUState", {"operations": [{"operation": "Install"}]}, "needs url"),
        ("CancelTransfer", {}, "needs command_key"),
    ],
)  # fmt: skip
def test_wrong_arguments_are_refused_with_what_is_allowed(method: str, arguments: dict[str, Any], reason: str) -> None:
    with pytest.raises(rpcs.BadArguments, match=reason):
        rpcs.render(method, arguments, CONTEXT)


@pytest.mark.parametrize("method", list(rpcs.WRITERS))
def test_what_a_method_needs_is_told_beforehand(method: str) -> None:
    needed = ""
    try:
        rpcs.render(method, {}, rpcs.Context())
    except rpcs.BadArguments as wrong:
        needed = str(wrong).partition("needs ")[2].partition(",")[0]
    assert needed in rpcs.ARGUMENTS[method]


def test_nothing_is_told_of_methods_that_are_not_there() -> None:
    assert [*rpcs.ARGUMENTS] == [*rpcs.WRITERS, "any other name"]
