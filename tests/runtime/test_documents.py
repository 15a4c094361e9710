"""The shapes of the durable documents: what the agent writes has them, and what has not is told by its place."""

import copy
import json
from pathlib import Path
from typing import Any

import pytest

from agent.cwmp import management_server as ms
from agent.first_values import ACS_VALUES
from agent.runtime.documents import shapes

SAVED: dict[str, Any] = json.loads((Path(__file__).parent.parent / "state/v1.json").read_text())
SHAPES = shapes({**ms.DEFAULTS, "DeviceInfo.ProvisioningCode": ""}, ACS_VALUES)
URL = ("backends", "own", ms.URL)
HELD: dict[str, Any] = {
    "before": {"backends": SAVED["model"]["backends"]},
    "applied": True,
    "undo": {"network": [[["link", "x"], None]]},
    "boot": "b",
}
JOURNAL = {"transaction": 7, "boot": "b", "undo": {"network": []}}


def changed(name: str, place: tuple[str | int, ...], value: Any) -> Any:
    document = copy.deepcopy(SAVED[name])
    at = document
    for key in place[:-1]:
        at = at[key]
    if value is ...:
        del at[place[-1]]
    else:
        at[place[-1]] = value
    return document


@pytest.mark.parametrize("name", SAVED)
def test_what_version_1_wrote_has_its_shape(name: str) -> None:
    SHAPES[name](SAVED[name], name)


def test_changes_that_wait_and_what_is_added_later_have_it_too() -> None:
    for value in (HELD, {**HELD, "applied": False, "more": 1}):
        SHAPES["model"](changed("model", ("unconfirmed",), value), "model")
    SHAPES["model"]({**SAVED["model"], "taken_back": True, "more": {}}, "model")
    SHAPES["journal"](JOURNAL, "journal")
    for name, value in (("PeriodicInformTime", "2025-01-01T00:00:00+00:00"), ("X_NEW", {"of": "a newer agent"})):
        SHAPES["model"](changed("model", (*URL[:2], ms.PREFIX + name), {"value": value, "file": None}), "model")


@pytest.mark.parametrize(
    ("name", "place", "value", "told"),
    [
        ("model", ("backends",), "zzz", "model.backends is no mapping"),
        ("model", ("backends",), {}, "model.backends lacks own"),
        ("model", ("transaction",), {}, "model.transaction is no whole number"),
        ("model", ("transaction",), True, "model.transaction is no whole number"),
        ("model", ("version",), ..., "model lacks version"),
        ("model", ("unconfirmed",), "zzz", "model.unconfirmed is no mapping"),
        ("model", ("unconfirmed",), {}, "model.unconfirmed lacks before"),
        ("model", ("unconfirmed",), {**HELD, "before": {}}, "model.unconfirmed.before lacks backends"),
        ("model", ("taken_back",), 1, "model.taken_back is neither true nor false"),
        ("model", ("instances", "Device.IP.Interface.", "rows", "lo"), [1], "rows.lo is no number with an alias"),
        ("model", ("instances", "Device.IP.Interface.", "next"), 0, "next is no whole number"),
        ("model", ("attributes", "notification"), {"Device.X": 7}, "notification.Device.X is no whole number"),
        ("model", ("attributes", "notification"), {"Device.X": True}, "notification.Device.X is no whole number"),
        ("model", ("attributes", "access"), {"Device.X": "all"}, "access.Device.X is no list"),
        ("model", (*URL, "value"), 5, f"{ms.URL} is of another type"),
        ("model", (*URL, "file"), 5, f"{ms.URL} is of another type"),
        ("model", (*URL, "value"), ..., f"{ms.URL} lacks value"),
        ("delivery", ("events",), ..., "delivery lacks events"),
        ("delivery", ("boot",), None, "delivery.boot is no text"),
        ("starts", ("unclean",), "zzz", "starts.unclean is no list"),
        ("starts", ("unclean",), [False], "starts.unclean[0] is no number"),
        ("acs", (ms.URL,), ..., f"acs lacks {ms.URL}"),
        ("acs", (ms.URL,), 5, f"acs.{ms.URL} is no text"),
    ],
)
def test_what_was_not_written_by_the_agent_is_named(name: str, place: tuple[str, ...], value: Any, told: str) -> None:
    with pytest.raises(ValueError, match=r"is|lacks") as caught:
        SHAPES[name](changed(name, place, value), name)
    assert told in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("PeriodicInformInterval", 0),
        ("HeartbeatPolicy.ReportingInterval", -1),
        ("CWMPRetryMinimumWaitInterval", 2**40),
        ("CWMPRetryIntervalMultiplier", 0),
        ("PeriodicInformTime", "noon"),
        ("PeriodicInformTime", "2025-01-01T00:00:00"),
        ("InformParameter", [{"key": "1"}]),
        ("InformParameter", ["1"]),
    ],
)
def test_own_values_that_would_keep_the_agent_from_speaking_are_not_believed(name: str, value: Any) -> None:
    document = changed("model", (*URL[:2], ms.PREFIX + name), {"value": value, "file": None})
    with pytest.raises(ValueError, match=r"[A-Za-z]"):
        SHAPES["model"](document, "model")


@pytest.mark.parametrize("name", [*SAVED, "journal"])
@pytest.mark.parametrize("document", [{}, [], None, 7, "zzz"])
def test_nothing_at_all_is_no_document(name: str, document: Any) -> None:
    with pytest.raises(ValueError, match=f"^{name} "):
        SHAPES[name](document, name)


@pytest.mark.parametrize("group", ["notification", "access"])
@pytest.mark.parametrize(
    "name", ["", "Device.", "Device.DeviceInfo.", "Device..", "UpTime", "Device.DeviceInfo.UpTime."]
)
def test_attributes_are_those_of_parameters(group: str, name: str) -> None:
    value = 2 if group == "notification" else []
    SHAPES["model"](changed("model", ("attributes", group, "Device.DeviceInfo.UpTime"), value), "model")
    with pytest.raises(ValueError, match="no parameter"):
        SHAPES["model"](changed("model", ("attributes", group, name), value), "model")
