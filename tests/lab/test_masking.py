"""No password or key is ever shown."""

import pytest

from agent.lab.masking import MASK, is_secret, masked, masked_text, masked_value, masked_xml


@pytest.mark.parametrize(
    "name",
    [
        "Device.ManagementServer.Password",
        "Device.ManagementServer.ConnectionRequestPassword",
        "Device.WiFi.AccessPoint.1.Security.KeyPassphrase",
        "Device.WiFi.AccessPoint.1.Security.SAEPassphrase",
        "Device.WiFi.AccessPoint.1.Security.PreSharedKey",
        "Device.WiFi.AccessPoint.1.Security.WEPKey",
        "Device.WiFi.AccessPoint.1.Security.RadiusSecret",
        "Device.WiFi.AccessPoint.1.WPS.PIN",
        "password",
    ],
)
def test_names_of_passwords_and_keys_are_known(name: str) -> None:
    assert is_secret(name)


@pytest.mark.parametrize("name", ["Device.ManagementServer.ParameterKey", "Device.IP.Diagnostics.IPPing.Host", "url"])
def test_other_names_are_not_taken_for_secrets(name: str) -> None:
    assert not is_secret(name)


def test_a_secret_is_masked_and_an_empty_one_is_shown_to_be_empty() -> None:
    assert masked_value("Device.X.Password", "hunter2") == MASK
    assert masked_value("Device.X.Password", "") == ""
    assert masked_value("Device.X.Name", "hunter2") == "hunter2"


def test_json_is_masked_wherever_a_secret_stands() -> None:
    shown = masked(
        {
            "url": "http://me:hunter2@host/f",
            "password": "hunter2",
            "parameters": {
                "Device.X.Password": "hunter2",
                "Device.Y.KeyPassphrase": {"value": "hunter2", "type": "string"},
                "Device.Y.PIN": 12345678,
            },
            "list": [{"path": "Device.X.Password", "value": "hunter2"}, {"path": "Device.X.Name", "value": "box"}],
            "xml": "<Password>hunter2</Password>",
        }
    )
    assert "hunter2" not in str(shown)
    assert "12345678" not in str(shown)
    assert shown["url"] == f"http://me:{MASK}@host/f"
    assert shown["list"][1] == {"path": "Device.X.Name", "value": "box"}


def test_numbers_truths_and_nothing_keep_their_kind() -> None:
    assert masked({"status": 0, "wait": None, "accepted": True}) == {"status": 0, "wait": None, "accepted": True}


def test_envelopes_are_masked_by_element_and_by_parameter() -> None:
    shown = masked_xml(
        "<Download><Username>u</Username><Password>hunter2</Password></Download>"
        "<ParameterValueStruct><Name>Device.ManagementServer.Password</Name>\n"
        '<Value xsi:type="xsd:string">hunter2</Value></ParameterValueStruct>'
        "<ParameterValueStruct><Name>Device.A</Name><Value>seen</Value></ParameterValueStruct>"
    )
    assert "hunter2" not in shown
    assert "<Value>seen</Value>" in shown
    assert "<Username>u</Username>" in shown


def test_text_without_a_password_stays_as_it_is() -> None:
    assert masked_text("http://host:80/path@x") == "http://host:80/path@x"
