"""Frames of ours, in captures of ours, mean the same to a decoder that somebody else wrote."""

import importlib.util
import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from backends.omci.capture import HEAD, packet
from backends.omci.composing import composed
from backends.omci.entities import entity, known
from backends.omci.frames import Action, Frame
from backends.omci.messages import NAMES, TABLE

ONU_G, VEIP = 256, 329

MESSAGES: list[dict[str, Any]] = [
    {
        "tci": 0x8000 + number,
        "type": NAMES[action] + (" Response" if answers else ""),
        "class": ONU_G,
        "instance": number,
        "device": device,
        "trailer": trailer,
        **({"result": 6} if "result" in fields[0] else {}),
    }
    for number, ((action, answers), fields) in enumerate(TABLE.items())
    for device, trailer in (("baseline", "crc32"), ("baseline", "none"), ("extended", "crc32"))
    if device == "extended" or action is not Action.SET_TABLE
]
VALUES: list[dict[str, Any]] = [
    {
        "type": "MIB Upload Next Response",
        "class": 2,
        "entities": [{"class": ONU_G, "attributes": {"VendorId": "GPON", "SerialNumber": "GPONABCD1234"}}],
    },
    {
        "type": "MIB Upload Next Response",
        "class": 2,
        "entities": [{"class": 263, "instance": 0x8001, "attributes": {"TotalTcontNumber": 8, "ArcInterval": 3}}],
    },
    {"type": "Set", "class": VEIP, "instance": 3585, "attributes": {"AdministrativeState": 1, "TcpUdpPointer": 7}},
    {"type": "Create", "class": 268, "instance": 1, "attributes": {"PortId": 1087, "Direction": 3}},
]

# What it calls the messages that have another name there.
THEIRS = {
    Action.AVC: "ATTRIBUTE_VALUE_CHANGE",
    Action.START_DOWNLOAD: "START_SOFTWARE_DOWNLOAD",
    Action.END_DOWNLOAD: "END_SOFTWARE_DOWNLOAD",
    Action.ACTIVATE: "ACTIVATE_SOFTWARE",
    Action.COMMIT: "COMMIT_SOFTWARE",
    Action.GET_CURRENT: "GET_CURRENT_DATA",
}

# Attributes whose size it takes otherwise, with the reason why ours stays.
OTHERWISE = {
    (158, 3): "of a table whose rows have no fixed size it takes the size of its size",
    (309, 16): "a control type stands before the two octets of the TCI",
    (311, 5): "a row is VLAN 2, addresses 4 + 4, bandwidth 4, client 4, time 4, reserved 2",
    (336, 1): "the capability is one octet, as its mode is",
}


@pytest.fixture(scope="module")
def read(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What it makes of all of them in one capture."""
    if importlib.util.find_spec("omci") is None:
        pytest.skip("omcipcap is not installed; it comes with the extra check")
    file = tmp_path_factory.mktemp("omci") / "frames.pcap"
    frames = [composed(document) for document in [*MESSAGES, *VALUES]]
    file.write_bytes(HEAD + b"".join(packet(frame, 1.0 + number) for number, frame in enumerate(frames)))
    command = [sys.executable, "-m", "tests.backends.omci.other_reader", str(file)]
    done = subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=120, cwd=Path(__file__).parents[3]
    )
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer | {"ours": frames}


def test_every_message_means_the_same_to_it(read: dict[str, Any]) -> None:
    frames: list[Frame] = read["ours"]
    assert len(read["frames"]) == len(frames)
    for ours, theirs in zip(frames, read["frames"], strict=True):
        action = Action(ours.action)
        assert theirs["message"] == THEIRS.get(action, action.name)
        assert (theirs["tci"], theirs["class"], theirs["instance"]) == (ours.tci, ours.class_id, ours.instance)
        assert (theirs["asks"], theirs["answers"]) == (ours.asks, ours.answers)
        assert theirs["notifies"] == ours.is_notification
        assert theirs["contents"] == ours.contents.hex()


def test_a_result_means_the_same_to_it(read: dict[str, Any]) -> None:
    results = [theirs["result"] for theirs in read["frames"][: len(MESSAGES)]]
    assert results == [document.get("result") for document in MESSAGES]


def test_attributes_mean_the_same_to_it(read: dict[str, Any]) -> None:
    uploaded, optical, veip, port = [theirs["attributes"] for theirs in read["frames"][len(MESSAGES) :]]
    assert (uploaded["Vendor ID"], uploaded["Serial number"]) == ("GPON", "47504F4EABCD1234")
    assert (optical["Total T-CONT number"], optical["ARC interval"]) == (8, 3)
    assert (veip["Administrative state"], veip["TCP/UDP pointer"]) == (1, 7)
    assert (port["Port-ID"], port["Direction"]) == (1087, 3)


def test_attributes_have_the_same_sizes_to_it(read: dict[str, Any]) -> None:
    differing = {}
    compared = 0
    for number in known():
        theirs = read["sizes"].get(str(number), [])
        ours = entity(number)
        assert ours is not None
        for each, size in zip(ours.attributes, theirs, strict=False):
            compared += 1
            if each.size != size:
                differing[number, each.index] = (each.name, each.size, size)
    assert compared > 400
    assert differing.keys() == OTHERWISE.keys(), differing
