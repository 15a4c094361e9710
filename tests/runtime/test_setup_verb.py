"""What a person fills in is kept where it belongs: in the data model or in the settings file."""

from typing import Any

import pytest

from agent.runtime.setup_verb import FIELDS, SetupVerb

MS = "Device.ManagementServer."


class Asked:
    def __init__(self) -> None:
        self.set: dict[str, str] = {}
        self.written: dict[str, Any] = {}
        self.refusal: dict[str, Any] = {}
        self.no_file: dict[str, Any] = {}
        self.called_at = ""
        self.verb = SetupVerb("Device.", self.get, self.set_, self.settings, lambda name: name.endswith(".Password"))

    def get(self, arguments: Any) -> dict[str, Any]:
        values = {bool: "1", int: "300", str: "text"}
        types = {f"Device.{one.parameter}": one.type for one in FIELDS}
        if arguments["paths"] == [f"{MS}ConnectionRequestURL"]:
            return {"parameters": [{"path": "", "value": self.called_at}]}
        told = [{"path": one, "value": values[types[one]], "source": "the ACS"} for one in arguments["paths"]]
        return {"parameters": told}

    def set_(self, arguments: Any) -> dict[str, Any]:
        if self.refusal:
            return self.refusal
        if not arguments.get("dry_run"):
            self.set = arguments["values"]
        return {"status": 1, "parameters": []}

    def settings(self, arguments: Any) -> dict[str, Any]:
        if self.no_file:
            return self.no_file
        self.written = arguments.get("values", {})
        kept = {"network.management_interface": "wan0", "connection_request.path": "", "connection_request.port": 7547}
        return {
            "settings": [{"key": key, "value": value, "is_set": key.startswith("n")} for key, value in kept.items()]
        }


def test_every_field_is_shown_with_its_source_and_no_secret() -> None:
    told = Asked().verb.answer({})
    assert (told["enable"], told["inform_interval"], told["url"], told["interface"]) == (True, 300, "text", "wan0")
    assert (told["password"], told["has_password"]) == ("", True)
    below = told["connection_request"]
    assert (below["port"], below["password"], below["has_password"]) == (7547, "", False)
    assert told["sources"]["url"] == "the ACS"
    assert told["sources"]["interface"] == "the settings file"
    assert told["sources"]["connection_request.port"] == "the default"


def test_a_path_that_was_made_up_is_shown_as_such() -> None:
    ask = Asked()
    assert ask.verb.answer({})["sources"]["connection_request.path"] == "the default"
    ask.called_at = "http://[2001:db8::1]:7547/7aK-x"
    told = ask.verb.answer({})
    assert told["connection_request"]["path"] == "7aK-x"
    assert told["sources"]["connection_request.path"] == "made up by this device"


def test_each_field_is_kept_where_it_belongs() -> None:
    ask = Asked()
    values = {
        "url": "https://a/",
        "enable": False,
        "password": "",
        "connection_request": {"port": 7548, "username": "u"},
    }
    assert ask.verb.answer({"values": values}) == {"status": 1}
    assert ask.set == {
        f"{MS}URL": "https://a/", f"{MS}EnableCWMP": "false", f"{MS}ConnectionRequestUsername": "u",
    }  # fmt: skip
    assert ask.written == {"connection_request.port": 7548}


def test_a_refusal_of_the_model_keeps_the_file_as_it_is() -> None:
    ask = Asked()
    ask.refusal = {"error": {"code": "invalid_value"}}
    assert ask.verb.answer({"values": {"url": "x", "interface": "wan1"}}) == ask.refusal
    assert not ask.written


def test_a_refusal_of_the_settings_keeps_the_model_as_it_is() -> None:
    ask = Asked()
    ask.no_file = {"error": {"code": "refused"}}
    assert ask.verb.answer({"values": {"url": "https://b/", "connection_request": {"path": "../x"}}}) == ask.no_file
    assert not ask.set


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"nothing": 1}, "bad_request"),
        ({"enable": "true"}, "refused"),
        ({"inform_interval": True}, "refused"),
        ({"connection_request": {"port": "1"}}, "refused"),
        ({"url": None}, "refused"),
    ],
)
def test_a_field_of_another_form_is_refused(values: dict[str, Any], code: str) -> None:
    assert Asked().verb.answer({"values": values})["error"]["code"] == code
