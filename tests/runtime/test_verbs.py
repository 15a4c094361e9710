"""What people can ask of the data model through the control socket, answered as JSON documents."""

from typing import Any

import pytest

from agent.cwmp.faults import code_of
from agent.model import errors
from agent.runtime.verbs import WORDS, ModelVerbs, Profiles, refused
from tests.model.device import IP, PORTS, Device

MTU = f"{IP}1.MaxMTUSize"


class Asked:
    """A device with its verbs; ``changes`` counts the looks at what notifies."""

    def __init__(self) -> None:
        self.device = Device()
        self.device.tree("")
        self.changes = 0
        self.verbs = ModelVerbs(self.device.model, self._changed)

    def _changed(self) -> None:
        self.changes += 1

    def __call__(self, verb: str, **arguments: Any) -> dict[str, Any]:
        return self.verbs.answer(verb, arguments)

    def error(self, verb: str, **arguments: Any) -> dict[str, Any]:
        reply: dict[str, Any] = self(verb, **arguments)["error"]
        assert set(reply) >= {"code", "message", "next"}
        return reply


@pytest.fixture
def ask() -> Asked:
    return Asked()


def test_get_answers_paths_and_globs_each_parameter_once(ask: Asked) -> None:
    reply = ask("get", paths=[MTU, f"{PORTS}?.Name", f"{PORTS}*.Name", IP])
    paths = [one["path"] for one in reply["parameters"]]

    assert paths[:3] == [MTU, f"{PORTS}1.Name", f"{PORTS}2.Name"]
    assert len(paths) == len(set(paths))
    assert reply["parameters"][0] == {"path": MTU, "value": "1500", "type": "unsignedInt"}
    assert set(paths[3:]) == set(ask.device.tree(IP)) - {MTU}


@pytest.mark.parametrize(
    ("glob", "count"),
    [
        ("Device.*.Interface.*.Alias", 4),
        (f"{PORTS}*.", 8),
        ("*MaxMTUSize", 1),
        ("Device.Ethernet.*.9.*", 0),
        ("Device.Hosts.Host.*.Active", 1),
    ],
)
def test_globs_reach_over_dots(ask: Asked, glob: str, count: int) -> None:
    assert len(ask("get", paths=[glob])["parameters"]) == count


def test_explaining_says_where_each_value_comes_from_and_reads_the_system_once(ask: Asked) -> None:
    reads: list[None] = []
    ask.device.read_hosts = lambda: reads.append(None)
    reply = ask("get", paths=["Device."], explain=True)
    sources = {one["path"]: one["source"] for one in reply["parameters"]}

    assert sources[f"{PORTS}1.Name"] == "memory eth0"
    assert sources["Device.IP.InterfaceNumberOfEntries"] == "counted by the model"
    assert len(reads) == 2


def test_set_is_all_or_nothing_and_names_every_refusal(ask: Asked) -> None:
    assert ask("set", values={MTU: "1400", f"{PORTS}1.Enable": "0"}) == {
        "status": 0,
        "parameters": [MTU, f"{PORTS}1.Enable"],
    }
    assert ask.changes == 1
    wrong = ask.error("set", values={MTU: "1300", f"{PORTS}1.Name": "x", "Device.Nothing": "1"})

    assert wrong["code"] == "not_writable"
    assert [one["code"] for one in wrong["refusals"]] == ["not_writable", "unknown_path"]
    assert ask.device.get(MTU) == "1400"
    assert ask.changes == 1


def test_a_change_that_waits_says_so(ask: Asked) -> None:
    ask.device.network.cuts_path = True

    assert ask("set", values={MTU: "1400"})["status"] == 1


def test_rows_are_added_and_deleted(ask: Asked) -> None:
    assert ask("add", path=IP) == {"status": 0, "instance": 2, "path": f"{IP}2."}
    assert ask("add", path=f"{IP}[lan].") == {"status": 0, "instance": 3, "path": f"{IP}[lan]."}
    assert ask("delete", path=f"{IP}[lan].") == {"status": 0}
    assert ask.error("delete", path=f"{PORTS}1.")["code"] == "denied"
    assert ask.error("add", path=PORTS)["code"] == "denied"
    assert [one["path"] for one in ask("names", path=IP, next_level=True)["names"]] == [f"{IP}1.", f"{IP}2."]


def test_attributes_are_shown_and_set(ask: Asked) -> None:
    assert ask("attributes", path=MTU) == {
        "attributes": [{"path": MTU, "notification": 0, "access_list": ["Subscriber"]}]
    }
    assert ask("attributes", path=MTU, notification=2)["attributes"][0]["notification"] == 2
    assert ask.changes == 1
    rejected = ask.error("attributes", path="Device.DeviceInfo.SoftwareVersion", notification=0)
    assert rejected["code"] == "notification_rejected"
    assert ask.error("attributes", path=MTU, notification=3)["code"] == "invalid_arguments"


@pytest.mark.parametrize(
    ("verb", "arguments"),
    [
        ("get", {}),
        ("get", {"paths": []}),
        ("get", {"paths": [1]}),
        ("set", {"values": [MTU]}),
        ("set", {"values": {MTU: 1400}}),
        ("add", {"path": 1}),
        ("names", {}),
    ],
)
def test_arguments_of_the_wrong_shape_are_refused(ask: Asked, verb: str, arguments: dict[str, Any]) -> None:
    assert ask.error(verb, **arguments)["code"] == "invalid_arguments"


def test_after_any_refusal_the_next_change_is_possible(ask: Asked) -> None:
    ask.device.network.fails_at = {"begin"}
    for verb, arguments in (
        ("set", {"values": {MTU: "1400"}}),
        ("add", {"path": IP}),
        ("delete", {"path": f"{IP}1."}),
        ("attributes", {"path": "Device.DeviceInfo.SoftwareVersion", "notification": 0}),
        ("add", {"path": "nonsense?"}),
    ):
        assert "error" in ask(verb, **arguments)
    ask.device.network.fails_at = set()

    assert ask("set", values={MTU: "1400"})["status"] == 0


def test_every_noun_has_its_word_and_its_next_step() -> None:
    nouns = {one for one in vars(errors).values() if isinstance(one, type) and issubclass(one, errors.ModelError)}

    assert set(WORDS) == nouns - {errors.ModelError, errors.Refusals}
    assert refused(errors.Denied("Device.A", "not yours"))["error"]["message"] == "Device.A: not yours"


def test_with_the_write_side_off_the_next_step_is_what_brings_it_back(ask: Asked) -> None:
    ask.device.model.read_only_reason = "off: the agent has crashed repeatedly"
    refusal = ask.error("set", values={MTU: "1400"})
    assert (refusal["code"], "restart the agent" in refusal["next"]) == ("denied", True)
    assert "manage" not in refusal["next"]
    assert code_of(errors.WriteSideOff()) == 9001


def test_coverage_names_what_a_profile_demands_and_this_device_does_not_answer() -> None:
    device = Device()
    device.tree("")
    verbs = ModelVerbs(
        device.model, lambda: None, Profiles({"interfaces": ["IPInterface:1"]}, lambda path: f"no {path[-5:]}")
    )
    answer = verbs.answer("coverage", {})
    assert answer["groups"] == [{"name": "interfaces", "profiles": ["IPInterface:1"]}]
    [profile] = answer["profiles"]
    assert set(profile) == {"name", "bound", "required", "missing"}
    assert profile["required"] == profile["bound"] + len(profile["missing"])
    assert profile["missing"][0]["reason"].startswith("no ")
    [same] = verbs.answer("coverage", {"profile": "IPInterface:1"})["profiles"]
    assert same == profile
    assert len(verbs.answer("coverage", {"all": True})["profiles"]) >= 1
    assert verbs.answer("coverage", {"profile": 7})["error"]["code"] == "invalid_arguments"


@pytest.mark.parametrize("level", [True, False, 1.0, 2.0, "1", [1], 3, -1])
def test_a_level_is_one_of_three_numbers_and_nothing_that_equals_one(ask: Asked, level: Any) -> None:
    assert ask.error("attributes", path=MTU, notification=level)["code"] == "invalid_arguments"
    assert ask.changes == 0


@pytest.mark.parametrize("value", ["true", "false", 1, 0, None, []])
def test_a_switch_is_true_or_false(ask: Asked, value: Any) -> None:
    for verb, arguments in {"get": {"paths": [MTU], "explain": value}, "coverage": {"all": value}}.items():
        assert ask.error(verb, **arguments)["code"] == "invalid_arguments"
    assert ask.error("names", path=IP, next_level=value)["code"] == "invalid_arguments"


def test_what_has_to_change_together_is_set_together(ask: Asked) -> None:
    other = f"{PORTS}1.Enable"
    ask.verbs = ModelVerbs(ask.device.model, ask._changed, completed=lambda wanted: {**wanted, other: "false"})
    assert other in ask("set", values={MTU: "1400"})["parameters"]
    assert {one["path"] for one in ask("set", values={MTU: "1300"}, dry_run=True)["changes"]} == {MTU, other}


def test_a_secret_is_never_told_but_whether_there_is_one_and_what_a_change_would_make_of_it(ask: Asked) -> None:
    path = "Device.ManagementServer.Password"
    kept = {"path": path, "value": "", "type": "string", "secret": "kept"}
    assert ask("get", paths=[path])["parameters"] == [kept]
    for text, fate in (("n3wS3cret", "new"), ("secret", "new"), ("", "emptied")):
        [change] = ask("set", values={path: text}, dry_run=True)["changes"]
        assert change == {"path": path, "type": "string", "before": "", "after": "", "secret": fate}
    assert ask("get", paths=[path])["parameters"] == [kept]
    ask("set", values={path: ""})
    assert ask("get", paths=[path])["parameters"] == [kept | {"secret": "none"}]
    assert ask("set", values={path: ""}, dry_run=True)["changes"][0]["secret"] == "none"
