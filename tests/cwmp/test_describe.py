"""A trace line says what a message is about, and never a secret."""

import pytest

from agent.cwmp import messages as m
from agent.cwmp.describe import LONGEST_TEXT, MASK, MOST_ITEMS, describe
from tests.shorthand import DEVICE, NOON, SAMPLES


def line(message: m.Message, **headers: object) -> str:
    return describe(m.Envelope(message, **headers), lambda path: path.endswith("Password"))  # type: ignore[arg-type]


def value(name: str, text: str) -> m.ParameterValueStruct:
    return m.ParameterValueStruct(name, text, "string")


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        (
            m.Inform(
                device_id=DEVICE,
                event=(m.EventStruct("1 BOOT"), m.EventStruct("M Reboot", "key")),
                current_time=NOON,
                retry_count=2,
                parameter_list=(value("Device.A", "1"),),
            ),
            "Inform  1 BOOT, M Reboot key  retry 2  Device.A=1",
        ),
        (m.Inform(device_id=DEVICE, event=(), current_time=NOON, parameter_list=()), "Inform  no event"),
        (m.InformResponse(), "InformResponse  max_envelopes=1"),
        (m.GetParameterValues(("Device.A", "")), 'GetParameterValues  Device.A  ""'),
        (m.GetParameterValuesResponse((value("Device.A", "x y"),)), "GetParameterValuesResponse  Device.A=x y"),
        (m.GetParameterNames("Device.", True), "GetParameterNames  Device.  one level"),
        (m.GetParameterNames("", False), 'GetParameterNames  ""  all below'),
        (m.GetParameterNamesResponse((m.ParameterInfoStruct("Device.", False),)), "GetParameterNamesResponse  Device."),
        (
            m.SetParameterAttributes((m.SetParameterAttributesStruct("Device.A", True, 2),)),
            "SetParameterAttributes  Device.A=2",
        ),
        (
            m.GetParameterAttributesResponse((m.ParameterAttributeStruct("Device.A", 1),)),
            "GetParameterAttributesResponse  Device.A=1",
        ),
        (m.GetRPCMethodsResponse(("Inform",)), "GetRPCMethodsResponse  Inform"),
        (m.AddObject("Device.A.", ""), "AddObject  object_name=Device.A."),
        (m.AddObjectResponse(3, 0), "AddObjectResponse  instance_number=3  status=0"),
        (m.SetParameterValuesResponse(0), "SetParameterValuesResponse  status=0"),
        (m.RebootResponse(), "RebootResponse"),
        (
            m.TransferComplete("k", m.FaultStruct(9010, "late")),
            "TransferComplete  command_key=k  fault_struct=9010 late",
        ),
        (m.GetQueuedTransfersResponse(()), "GetQueuedTransfersResponse  transfer_list: 0"),
        (
            m.Fault(9003, "Invalid arguments", (m.ParameterFault("Device.A", 9007, "no"),)),
            "Fault  9003 Invalid arguments  Device.A=9007",
        ),
        (m.Fault(0, "no idea", soap_code="Client"), "Fault  Client no idea"),
        (m.UnknownRequest("X_Dance"), "X_Dance  (unknown)"),
        (m.InvalidRequest("AddObject", "no name"), "AddObject  (invalid: no name)"),
        (m.NotUnderstood("Reboot", "T"), "Reboot  (under a header that is not understood: T)"),
    ],
    ids=lambda entry: m.name_of(entry) if isinstance(entry, m.Message) else "",
)
def test_a_message_is_told_in_one_line(message: m.Message, expected: str) -> None:
    assert line(message) == expected


def test_an_empty_body_is_a_dash() -> None:
    assert describe(None, lambda path: False) == "-"
    assert line(m.Nothing()) == "-"


def test_a_hold_is_told() -> None:
    assert line(m.InformResponse(), hold_requests=True).endswith("(holds requests)")


def test_a_secret_value_is_masked_and_an_empty_one_is_seen_to_be_empty() -> None:
    values = (value("Device.A.Password", "hunter2"), value("Device.B.Password", ""), value("Device.C", "open"))
    for message in (m.SetParameterValues(values), m.GetParameterValuesResponse(values)):
        assert line(message).endswith(f"Device.A.Password={MASK}  Device.B.Password=  Device.C=open")


def test_the_password_of_a_transfer_is_masked_whatever_the_model_thinks() -> None:
    download = m.Download(file_type="1 Firmware Upgrade Image", url="http://f/", username="u", password="hunter2")
    assert "hunter2" not in describe(m.Envelope(download), lambda path: False)
    assert f"password={MASK}" in describe(m.Envelope(download), lambda path: False)


def test_what_is_long_is_cut() -> None:
    said = line(m.GetParameterValuesResponse([value(f"Device.{n}", "x" * 500) for n in range(5000)]))
    assert said.endswith(f"  … and {5000 - MOST_ITEMS} more")
    assert len(said) < (LONGEST_TEXT + 4) * (MOST_ITEMS + 1)


@pytest.mark.parametrize("message", SAMPLES, ids=m.name_of)
def test_every_message_is_one_line_that_begins_with_its_name(message: m.Message) -> None:
    assert line(message).split()[0] == m.name_of(message)
    assert "pass" not in line(message).split("=")


def test_a_value_with_line_breaks_stays_on_its_line() -> None:
    assert "\n" not in line(m.SetParameterValues((value("Device.A", "a\nb\r\u2028c"),)))


def test_an_inform_shows_what_changed_before_what_every_inform_says() -> None:
    forced = [
        value(f"Device.{name}", "x") for name in ("RootDataModelVersion", "DeviceInfo.SoftwareVersion")
    ] * MOST_ITEMS
    shown = line(
        m.Inform(
            device_id=DEVICE,
            event=(m.EventStruct("4 VALUE CHANGE"),),
            current_time=NOON,
            parameter_list=(*forced, value("Device.IP.Interface.2.Status", "Down")),
        )
    )
    assert shown.startswith("Inform  4 VALUE CHANGE  Device.IP.Interface.2.Status=Down  Device.RootDataModelVersion=x")
