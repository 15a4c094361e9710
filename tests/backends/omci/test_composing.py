"""Frames from what a person or a script writes: usual values for what is left out, and a sentence for what is wrong."""

from typing import Any

import pytest

from backends.omci.cmac import cmac
from backends.omci.composing import composed, message
from backends.omci.frames import Action, NotAFrame

KEY = bytes.fromhex("184b8ad4d1ac4af4dd4b339ecc0d3370")


def octets(**document: Any) -> str:
    frame = composed({"class": 340, "instance": 3585, "trailer": "none", **document})
    return frame.to_bytes().hex()


def test_a_command_has_transaction_1_and_asks_for_an_answer_and_a_notification_has_0_and_does_not() -> None:
    assert octets(type="Get").startswith("0001490a01540e01")
    assert octets(type="avc").startswith("0000110a01540e01")
    assert octets(type="Get Response").startswith("0001290a01540e01")


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("Get Request", (Action.GET, False)),
        ("get-next-response", (Action.GET_NEXT, True)),
        ("MIB_UPLOAD_NEXT", (Action.MIB_UPLOAD_NEXT, False)),
        ("get current data", (Action.GET_CURRENT, False)),
        ("alarm", (Action.ALARM, False)),
        ("Alarm Notification", (Action.ALARM, False)),
        ("avc", (Action.AVC, False)),
        ("Test Result", (Action.TEST_RESULT, False)),
    ],
)
def test_a_message_may_be_spelt_in_many_ways(text: str, what: tuple[Action, bool]) -> None:
    assert message(text) == what


def test_a_class_may_be_a_name_or_a_number_as_text() -> None:
    assert octets(type="get", **{"class": "OnuG", "instance": 0}) == octets(
        type="get", **{"class": "256", "instance": 0}
    )
    assert octets(type="get", **{"class": "0x0154"}) == octets(type="get")


def test_the_order_of_attributes_does_not_matter() -> None:
    there = octets(type="set", attributes={"AssociatedTag": 1, "AdministrativeState": 0})
    assert there == octets(type="set", attributes={"administrativestate": "unlocked", "associatedtag": "0x1"})
    assert there.startswith("0001480a01540e01" + "a000" + "00" + "0001")


def test_what_create_does_not_say_is_zero() -> None:
    made = octets(type="create", attributes={"AddressPointer": 7}, **{"class": 137, "instance": 1})
    assert made == "0001440a00890001" + "0000" + "0007" + "00" * 28 + "00000028"


def test_octets_of_a_mask_stand_behind_the_attributes_that_are_named() -> None:
    made = octets(type="set", attributes={"0x1800": "beef", "AdministrativeState": 1})
    assert made.startswith("0001480a01540e01" + "9800" + "01" + "beef")


def test_an_attribute_may_be_a_number_also_of_a_class_that_nobody_knows() -> None:
    assert octets(type="get", attributes={"1": None, "3": None}) == octets(type="get", attributes={"0xa000": None})
    assert octets(type="set", attributes={"1": "locked"}) == octets(type="set", attributes={"AdministrativeState": 1})
    assert octets(type="set", attributes={"16": "07"}, **{"class": 500}).startswith("0001480a01f40e01" + "000107")
    made = {"class": 137, "instance": 1}
    assert octets(type="create", attributes={"2": 7}, **made) == octets(
        type="create", attributes={"AddressPointer": 7}, **made
    )


def test_alarms_may_be_a_list_of_numbers() -> None:
    assert octets(type="alarm", alarms=[0, 6], sequence=7).startswith("0000100a01540e01" + "82" + "00" * 30 + "07")


def test_a_key_makes_the_mic() -> None:
    asked = {"tci": 0x8000, "type": "get", "class": 256, "attributes": {"OnuSurvivalTime": None}, "trailer": "cmac"}
    assert composed(asked, cmac(KEY)).to_bytes().hex().endswith("0000002878dca53d")
    with pytest.raises(NotAFrame, match="key"):
        composed(asked)


def test_without_a_word_about_it_a_frame_has_a_crc() -> None:
    asked = {"tci": 0x8001, "type": "get", "class": 2, "attributes": {"MibDataSync": None}}
    assert composed(asked).to_bytes().hex().endswith("00000028c0cbc482")


@pytest.mark.parametrize(
    ("document", "why"),
    [
        ({"type": "fetch"}, "no message 'fetch'; there are Create, Delete"),
        ({"type": ""}, "no message ''"),
        ({"type": "get", "class": "Nobody"}, "no class 'Nobody'"),
        ({"type": "get", "attributes": {"Colour": None}}, "no attribute 'Colour'; it has AdministrativeState"),
        ({"type": "get", "class": 500, "attributes": {"Colour": None}}, "give a mask"),
        ({"type": "set", "attributes": {"AdministrativeState": 256}}, "256"),
        ({"type": "set", "attributes": {"0x8000": "zz"}}, "hexadecimal"),
        ({"type": "create", "class": 137, "attributes": {"Colour": 1}}, "not made with Colour; it is with SecurityP"),
        (
            {"type": "create", "class": 157, "attributes": {"Colour": 1}},
            "not made with Colour; it is with no attribute",
        ),
        ({"type": "get-next", "attributes": {"AcsNetworkAddress": None, "AssociatedTag": None}}, "of one table"),
        ({"type": "set", "class": 171, "attributes": {"ReceivedFrameVlanTaggingOperationTable": 4}}, "give a row"),
        ({"type": "set", "class": 157, "attributes": {"Part1": "a" * 25, "Part2": "b"}}, "52 octets"),
        ({"type": "get", "sequence": 1}, "no sequence"),
        ({"type": "get", "tci": 65536}, "65535"),
        ({"type": "get", "instance": -1}, "-1 is not"),
        ({"type": "get", "device": "extra"}, "extra"),
        ({"type": "get", "trailer": "crc16"}, "crc32, zero, none"),
        ({"type": "alarm", "alarms": [224]}, "0 to 223"),
        ({"type": "alarm", "bitmap": 80}, "bitmap has to be octets"),
        ({"type": "alarm", "bitmap": "00" * 29}, "its bitmap has 28 octets at most; these are 29"),
        ({"type": "alarm", "sequence": 256}, "its sequence is a number from 0 to 255; 256 is not"),
        ({"type": "alarm", "sequence": "07"}, "its sequence is a number from 0 to 255"),
        ({"type": "get", "attributes": {"17": None}}, "no attribute '17'"),
        ({"type": "set-table", "attributes": {"AssociatedTag": "00"}}, "a baseline request"),
    ],
)
def test_what_is_wrong_is_said(document: dict[str, Any], why: str) -> None:
    with pytest.raises(NotAFrame, match=why):
        composed({"class": 340, **document})
