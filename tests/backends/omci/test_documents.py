"""Frames as a script sees them: numbers, texts and hexadecimal digits by name; and the same for every frame back."""

import json
from typing import Any

import pytest

from backends.omci.composing import composed
from backends.omci.documents import decoded, masked

END = "00000028"


def baseline(head: str, contents: str, trailer: str = END) -> bytes:
    return bytes.fromhex(head) + bytes.fromhex(contents).ljust(32, b"\0") + bytes.fromhex(trailer)


def extended(head: str, contents: str) -> bytes:
    octets = bytes.fromhex(contents)
    return bytes.fromhex(head) + len(octets).to_bytes(2) + octets


PART_1 = "https://acs.example.net:7"
ABOUT_340 = {"class": 340, "class_name": "BbfTr069ManagementServer", "instance": 3585}
ABOUT_2 = {"class": 2, "class_name": "OnuData", "instance": 0}
ABOUT_7 = {"class": 7, "class_name": "SoftwareImage", "instance": 1}
ABOUT_256 = {"class": 256, "class_name": "OnuG", "instance": 0}

# Octets, and what differs from {"tci": 1, "device": "baseline", "attributes": {}, "trailer": "none"}.
FRAMES: list[tuple[bytes, dict[str, Any]]] = [
    (
        baseline("0001490a01540e01", "e000"),
        {
            "type": "Get Request",
            **ABOUT_340,
            "attributes": {"AdministrativeState": None, "AcsNetworkAddress": None, "AssociatedTag": None},
        },
    ),
    (
        baseline("0001290a01540e01", "00 e000 01 ffff ffff"),
        {
            "type": "Get Response",
            **ABOUT_340,
            "result": 0,
            "attributes": {"AdministrativeState": 1, "AcsNetworkAddress": 0xFFFF, "AssociatedTag": 0xFFFF},
        },
    ),
    (
        baseline("0001290a009d0001", "00 4000" + PART_1.encode().hex()),
        {
            "type": "Get Response",
            "class": 157,
            "class_name": "LargeString",
            "instance": 1,
            "result": 0,
            "attributes": {"Part1": PART_1},
        },
    ),
    (
        baseline("0001290a01078001", "09 0040 d56a" + "00" * 23 + "0035 0002"),
        {
            "type": "Get Response",
            "class": 263,
            "class_name": "AniG",
            "instance": 0x8001,
            "result": 9,
            "attributes": {"OpticalSignalLevel": -10902},
            "unsupported": [
                "LowerOpticalThreshold",
                "UpperOpticalThreshold",
                "TransmitOpticalLevel",
                "UpperTransmitPowerThreshold",
            ],
            "failed": ["LowerTransmitPowerThreshold"],
        },
    ),
    (
        baseline("0001480a01540e01", "e000 00 8000 2064"),
        {
            "type": "Set Request",
            **ABOUT_340,
            "attributes": {"AdministrativeState": 0, "AcsNetworkAddress": 0x8000, "AssociatedTag": 0x2064},
        },
    ),
    (
        baseline("0001280a01540e01", "09 0040 8000"),
        {
            "type": "Set Response",
            **ABOUT_340,
            "result": 9,
            "unsupported": ["0x0040"],
            "failed": ["AdministrativeState"],
        },
    ),
    (
        baseline("0001440a00898000", "0001 0002"),
        {
            "type": "Create Request",
            "class": 137,
            "class_name": "NetworkAddress",
            "instance": 0x8000,
            "attributes": {"SecurityPointer": 1, "AddressPointer": 2},
        },
    ),
    (
        baseline("0001240a00898000", "03 4000"),
        {
            "type": "Create Response",
            "class": 137,
            "class_name": "NetworkAddress",
            "instance": 0x8000,
            "result": 3,
            "execution_mask": ["AddressPointer"],
        },
    ),
    (baseline("0001460a01540e01", ""), {"type": "Delete Request", **ABOUT_340}),
    (baseline("00014d0a00020000", ""), {"type": "MIB Upload Request", **ABOUT_2}),
    (baseline("00010d0a00020000", ""), {"type": "MIB Upload Request", **ABOUT_2, "is_acknowledged": False}),
    (baseline("00012d0a00020000", "0004"), {"type": "MIB Upload Response", **ABOUT_2, "commands": 4}),
    (baseline("00014e0a00020000", "003a"), {"type": "MIB Upload Next Request", **ABOUT_2, "sequence": 58}),
    (
        baseline("00012e0a00020000", "0100 0000 a000 47504f4e 47504f4eabcd1234"),
        {
            "type": "MIB Upload Next Response",
            **ABOUT_2,
            "entities": [{**ABOUT_256, "attributes": {"VendorId": "GPON", "SerialNumber": "GPONABCD1234"}}],
        },
    ),
    (
        baseline("00012e0a00020000", "0002 0000 8000 2a" + "0089 0001 c000 0002 0003" + "00" * 13),
        {
            "type": "MIB Upload Next Response",
            **ABOUT_2,
            "entities": [
                {**ABOUT_2, "attributes": {"MibDataSync": 42}},
                {
                    "class": 137,
                    "class_name": "NetworkAddress",
                    "instance": 1,
                    "attributes": {"SecurityPointer": 2, "AddressPointer": 3},
                },
            ],
        },
    ),
    (
        baseline("00012e0a00020000", "0163 0000 c000 48475501" + "00" * 22),
        {
            "type": "MIB Upload Next Response",
            **ABOUT_2,
            "entities": [
                {
                    "class": 355,
                    "class_name": None,
                    "instance": 0,
                    "attributes": {"0xc000": "48475501".ljust(52, "0")},
                }
            ],
        },
    ),
    (
        baseline("00012e0a00020000", "0000 0000 0000 01"),
        {"type": "MIB Upload Next Response", **ABOUT_2, "entities": [], "rest": "000000000000" + "01".ljust(52, "0")},
    ),
    (
        baseline("00012c0a00020000", "000b 0101 80"),
        {
            "type": "Get All Alarms Next Response",
            **ABOUT_2,
            "entities": [
                {
                    "class": 11,
                    "class_name": "PhysicalPathTerminationPointEthernetUni",
                    "instance": 0x101,
                    "alarms": {"0": "LAN-LOS"},
                }
            ],
        },
    ),
    (
        baseline("0000100a01078001", "82" + "00" * 30 + "07"),
        {
            "tci": 0,
            "type": "Alarm Notification",
            "class": 263,
            "class_name": "AniG",
            "instance": 0x8001,
            "alarms": {"0": "Low received optical power", "6": "Laser bias current"},
            "sequence": 7,
        },
    ),
    (
        baseline("0000100a01f40001", "80" + "00" * 29 + "0107"),
        {
            "tci": 0,
            "type": "Alarm Notification",
            "class": 500,
            "class_name": None,
            "instance": 1,
            "alarms": {"0": ""},
            "padding": "000001",
            "sequence": 7,
        },
    ),
    (
        baseline("0000110a01078001", "0040 d56a"),
        {
            "tci": 0,
            "type": "Attribute Value Change",
            "class": 263,
            "class_name": "AniG",
            "instance": 0x8001,
            "attributes": {"OpticalSignalLevel": -10902},
        },
    ),
    (
        baseline("0001530a00070001", "1f 000f4240 02 0001 0002"),
        {"type": "Start Software Download Request", **ABOUT_7, "window": 31, "size": 1_000_000, "images": [1, 2]},
    ),
    (
        baseline("0001350a00070001", "00 01 0001 06 ff"),
        {
            "type": "End Software Download Response",
            **ABOUT_7,
            "result": 0,
            "results": [[1, 6]],
            "rest": "ff".ljust(54, "0"),
        },
    ),
    (
        baseline("0001140a00070001", "cc" + "11" * 31),
        {
            "type": "Download Section Request",
            **ABOUT_7,
            "is_acknowledged": False,
            "section": 0xCC,
            "octets": "11" * 31,
        },
    ),
    (
        baseline("00015a0a00ab0202", "0400 0001"),
        {
            "type": "Get Next Request",
            "class": 171,
            "class_name": "ExtendedVlanTaggingOperationConfigurationData",
            "instance": 0x202,
            "attributes": {"ReceivedFrameVlanTaggingOperationTable": None},
            "sequence": 1,
        },
    ),
    (
        baseline("00013a0a00ab0202", "00 0400" + "11" * 29),
        {
            "type": "Get Next Response",
            "class": 171,
            "class_name": "ExtendedVlanTaggingOperationConfigurationData",
            "instance": 0x202,
            "attributes": {"ReceivedFrameVlanTaggingOperationTable": "11" * 29},
            "result": 0,
        },
    ),
    (
        baseline("0001480a00ab0202", "0400" + "11" * 16),
        {
            "type": "Set Request",
            "class": 171,
            "class_name": "ExtendedVlanTaggingOperationConfigurationData",
            "instance": 0x202,
            "attributes": {"ReceivedFrameVlanTaggingOperationTable": "11" * 16},
        },
    ),
    (
        extended("00015d0b00ab0202", "0400" + "11" * 32),
        {
            "type": "Set Table Request",
            "device": "extended",
            "class": 171,
            "class_name": "ExtendedVlanTaggingOperationConfigurationData",
            "instance": 0x202,
            "attributes": {"ReceivedFrameVlanTaggingOperationTable": "11" * 32},
        },
    ),
    (
        extended("0001290b01078001", "09 0040 0037 0000 d56a"),
        {
            "type": "Get Response",
            "device": "extended",
            "class": 263,
            "class_name": "AniG",
            "instance": 0x8001,
            "attributes": {"OpticalSignalLevel": -10902},
            "result": 9,
            "unsupported": [
                "LowerOpticalThreshold",
                "UpperOpticalThreshold",
                "TransmitOpticalLevel",
                "LowerTransmitPowerThreshold",
                "UpperTransmitPowerThreshold",
            ],
        },
    ),
    (
        extended("00012e0b00020000", "0001 0002 0000 8000 2a" + "0003 0002 0001 8000 2b beef"),
        {
            "type": "MIB Upload Next Response",
            "device": "extended",
            **ABOUT_2,
            "entities": [
                {**ABOUT_2, "attributes": {"MibDataSync": 42}},
                {**ABOUT_2, "instance": 1, "attributes": {"MibDataSync": 43}, "rest": "beef"},
            ],
        },
    ),
    (
        baseline("0001580a01000000", "07e2 0c 01 01 30 1b"),
        {
            "type": "Synchronize Time Request",
            **ABOUT_256,
            "year": 2018,
            "month": 12,
            "day": 1,
            "hour": 1,
            "minute": 48,
            "second": 27,
        },
    ),
    (baseline("0001520a01000000", "07"), {"type": "Test Request", **ABOUT_256, "select": 7, "parameters": "00" * 31}),
    (baseline("00011b0a01000000", "07"), {"type": "Test Result", **ABOUT_256, "octets": "07".ljust(64, "0")}),
    (
        baseline("0001490a01f40001", "c000"),
        {"type": "Get Request", "class": 500, "class_name": None, "instance": 1, "attributes": {"0xc000": None}},
    ),
    (
        baseline("0001490a00020000", "8000", ""),
        {"type": "Get Request", **ABOUT_2, "attributes": {"MibDataSync": None}, "trailer_octets": ""},
    ),
    (
        baseline("0001490a00020000", "8000", "0000002812345678"),
        {
            "type": "Get Request",
            **ABOUT_2,
            "attributes": {"MibDataSync": None},
            "trailer": "other",
            "trailer_octets": "0000002812345678",
        },
    ),
    (
        baseline("0001c90a00020000", "8000", "0000002800000000"),
        {
            "type": "Get Request",
            **ABOUT_2,
            "attributes": {"MibDataSync": None},
            "trailer": "zero",
            "is_reserved_set": True,
        },
    ),
]


@pytest.mark.parametrize(("octets", "document"), FRAMES, ids=[document["type"] for _, document in FRAMES])
def test_a_frame_is_told_by_names_and_put_together_again(octets: bytes, document: dict[str, Any]) -> None:
    whole = {"tci": 1, "device": "baseline", "attributes": {}, "trailer": "none", **document}
    assert decoded(octets) == whole
    assert json.loads(json.dumps(whole)) == whole
    assert composed(whole).to_bytes() == octets


@pytest.mark.parametrize(
    ("octets", "error"),
    [
        (b"", "0 octets are less than a frame's head"),
        (bytes(39), "the device identifier is 0x00"),
        (baseline("0001530a00070001", "1f 000f4240 0e"), "names 14 images, and has room for 13"),
        (baseline("0001450a00070001", ""), "no message of type 5"),
        (extended("0001490b00020000", "80"), "mask take 2"),
    ],
)
def test_what_cannot_be_decoded_says_why_and_keeps_its_octets(octets: bytes, error: str) -> None:
    document = decoded(octets)
    assert error in document["error"]
    assert document["octets"] == octets.hex()


def test_the_head_of_a_frame_is_told_also_where_its_contents_cannot_be() -> None:
    document = decoded(baseline("1234450a00070001", ""))
    assert (document["tci"], document["type"], document["class"], document["instance"]) == (0x1234, "Unknown 5", 7, 1)


SECRET = b"geheim".ljust(25, b"\0").hex()


@pytest.mark.parametrize(
    "frame",
    [
        baseline("0001480a00940001", "2000" + SECRET),
        baseline("0001290a00940001", "00 2000" + SECRET),
        baseline("0001440a00940001", "01" + b"lab".ljust(25, b"\0").hex() + SECRET[:12]),
        baseline("00012e0a00020000", "0094 0001 2000" + SECRET),
        baseline("0000110a01000000", "0020" + SECRET[:24]),
        baseline("0001290a00940001", "00 0400" + SECRET),  # an attribute that nobody knows
        baseline("0001280a00940001", "00" * 10 + SECRET[:40]),
        extended("00012e0b00020000", "0019 0094 0001 2000" + SECRET),
        extended("00015d0b014c0000", "0020" + SECRET),
    ],
)
def test_a_masked_document_has_no_secret_whatever_the_message(frame: bytes) -> None:
    shown = json.dumps(decoded(frame))
    hidden = json.dumps(masked(decoded(frame)))
    assert "geheim" in shown or b"geheim".hex() in shown
    assert "geheim" not in hidden
    assert b"geheim".hex() not in hidden


def test_masking_changes_nothing_else() -> None:
    for frame, _ in FRAMES:
        document = decoded(frame)
        if document.get("class") not in (148, 256, 332):
            assert masked(document) == document
    asked = decoded(baseline("0001490a00940001", "f800"))
    assert masked(asked) == asked
    assert masked(decoded(b"\0\1")) == decoded(b"\0\1")
