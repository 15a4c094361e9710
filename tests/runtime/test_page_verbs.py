"""What a page needs beside the command line's verbs."""

from typing import Any

import pytest

from agent.runtime.page_verbs import PageVerbs
from tests.model.device import IP, Device

LINES = [{"n": number, "at": 1.0, "level": "info", "logger": "a", "text": "b"} for number in (1, 2, 3)]


class Asked:
    def __init__(self) -> None:
        self.device = Device()
        self.device.tree("")
        self.verbs = PageVerbs(
            self.device.model,
            lambda after: [line for line in LINES if line["n"] > after],  # type: ignore[operator]
            lambda after: {"samples": [], "after": after},
            lambda: {"sessions": []},
        )

    def __call__(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self.verbs.table[verb](arguments)


@pytest.fixture
def ask() -> Asked:
    return Asked()


def test_search_finds_in_paths_and_values_whatever_the_case(ask: Asked) -> None:
    found = [one["path"] for one in ask("search", text="maxmtu")["parameters"]]
    assert f"{IP}1.MaxMTUSize" in found
    assert f"{IP}1.MaxMTUSize" in [one["path"] for one in ask("search", text="1500")["parameters"]]
    assert ask("search", text="no such thing anywhere") == {"parameters": [], "more": False}


def test_search_tells_of_a_secret_whether_there_is_one(ask: Asked) -> None:
    assert ask("search", text="server.password")["parameters"] == [
        {"path": "Device.ManagementServer.Password", "value": "", "type": "string", "secret": "kept"}
    ]


def test_search_is_bounded_and_says_that_there_is_more(ask: Asked) -> None:
    told = ask("search", text="Device", limit=2)
    assert (len(told["parameters"]), told["more"]) == (2, True)


@pytest.mark.parametrize("arguments", [{}, {"text": ""}, {"text": 1}, {"text": "x" * 300}, {"text": "a", "limit": -1}])
def test_a_search_of_another_form_is_refused(ask: Asked, arguments: dict[str, Any]) -> None:
    assert ask("search", **arguments)["error"]["code"] == "bad_request"


def test_the_schemas_facts_are_told_of_parameters_and_objects(ask: Asked) -> None:
    told = ask("schema", path=f"{IP}1.MaxMTUSize")
    assert told["path"].endswith("Interface.{i}.MaxMTUSize")
    assert told["type"] == "unsignedInt"
    assert ask("schema", path=IP)["access"]
    assert ask("schema", path="Device.Nothing")["error"]["code"] == "unknown_path"
    assert ask("schema")["error"]["code"] == "bad_request"


def test_the_log_is_told_from_where_somebody_stopped(ask: Asked) -> None:
    assert ask("log", after=1) == {"lines": LINES[1:], "next": 3}
    assert ask("log", after=3) == {"lines": [], "next": 3}
    assert ask("log", after=True)["error"]["code"] == "bad_request"


def test_samples_and_strip_are_passed_on(ask: Asked) -> None:
    assert ask("live", after=3)["after"] == 3
    assert ask("strip") == {"sessions": []}


def test_a_change_is_previewed_and_nothing_is_made() -> None:
    from agent.runtime.verbs import ModelVerbs

    device = Device()
    device.tree("")
    verbs = ModelVerbs(device.model, lambda: None)
    path = f"{IP}1.MaxMTUSize"
    before = device.tree("")
    told = verbs.answer("set", {"values": {path: "1400"}, "dry_run": True})
    assert told == {"status": 0, "changes": [{"path": path, "type": "unsignedInt", "before": "1500", "after": "1400"}]}
    refusal = verbs.answer("set", {"values": {path: "x"}, "dry_run": True})["error"]
    assert (refusal["code"], refusal["path"]) == ("invalid_value", path)
    assert device.tree("") == before
    assert verbs.answer("set", {"values": {path: "1400"}})["parameters"] == [path]
