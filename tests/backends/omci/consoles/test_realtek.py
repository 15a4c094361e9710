"""What Realtek's programs print: numbers in two forms, tables line by line, and nothing where there is nothing."""

import pytest

from backends.omci.consoles import realtek
from backends.omci.consoles.told import NotUnderstood, Told
from tests.backends.omci.consoles import printed
from tests.backends.omci.vectors import sample

ROW = "f8000000" + "80325000" + "400f0000" + "00080322"


def test_the_acs_s_server_is_read() -> None:
    assert realtek.entities(340, printed.REALTEK_SERVER) == [
        Told(340, 0x0E01, {1: b"\0", 2: b"\x80\0", 3: b"\xff\xff"})
    ]


def test_all_instances_are_read_and_a_level_may_be_printed_in_three_ways() -> None:
    first, second = realtek.entities(263, printed.REALTEK_ANIG)
    assert first.octets == {1: b"\1", 2: b"\0\x08", 10: b"\xd5\x6a", 11: b"\xff", 14: b"\x04\x07"}
    assert (second.instance, second.octets) == (0x8002, {1: b"\0", 10: b"\xd5\x6a"})


def test_vlan_tags_stand_where_their_octet_says() -> None:
    (told,) = realtek.entities(84, printed.REALTEK_FILTER)
    assert told.octets == {1: bytes.fromhex("026df335").ljust(24, b"\0"), 2: b"\x10", 3: b"\2"}


def test_a_table_of_vlan_operations_is_rows_of_sixteen_octets() -> None:
    (told,) = realtek.entities(171, printed.REALTEK_TAGGING)
    assert told.octets[6].hex() == ROW
    assert told.octets[7] == b"\x01\x01"
    assert told.octets[8].hex() == "000000249249492492" + "6db6db924924b6db6d" + "db6db6ffffff"


def test_a_class_without_instances_is_its_banner_alone() -> None:
    assert realtek.entities(340, printed.REALTEK_NONE) == []


@pytest.mark.parametrize("text", ["", "sh: omcicli: not found\n"])
def test_an_answer_without_a_banner_is_no_answer(text: str) -> None:
    with pytest.raises(NotUnderstood):
        realtek.entities(340, text)


def test_what_is_no_attribute_or_no_value_keeps_its_name() -> None:
    text = printed.REALTEK_SERVER.replace("AssociateTag: 0xffff", "AssociateTag: none\nSlot: 0xff")
    (told,) = realtek.entities(340, text)
    assert told.other == {"AssociateTag": "none", "Slot": "0xff"}


def test_the_transceiver_s_values_come_with_their_units() -> None:
    text = "Rx Power: -17.95  dBm\nTx Power: 2.06  dBm\nVoltage: 3.28  V\nnonsense\n"
    assert realtek.levels(text) == {"Rx Power": (-17.95, "dBm"), "Tx Power": (2.06, "dBm"), "Voltage": (3.28, "V")}


def test_alarms_below_omci_are_active_in_whatever_word_is_not_clear() -> None:
    text = (
        "RTK.0>gpon get alarm-status\nAlarm LOS, status: clear\r\nAlarm LOF, status: occur\nAlarm LOM, status: clear\n"
    )
    text += "Alarm SF, status: clear\nAlarm SD, status: raised\nAlarm TX Too Long, status: occur\nRTK.0> command:"
    assert realtek.pon_alarms(text) == {"LOS": False, "LOF": True, "SF": False, "SD": True}
    assert realtek.pon_alarms("^Incomplete command\n") == {}


@pytest.mark.parametrize(
    ("text", "state"), [("ONU state: Operation State(O5)\n", "O5"), ("onu-state: 4\n", "O4"), ("unknown\n", None)]
)
def test_the_state_is_read(text: str, state: str | None) -> None:
    assert realtek.onu_state(text) == state


def test_a_real_ethernet_port_says_what_its_source_states() -> None:
    (told,) = realtek.entities(11, sample("rtk-omcicli-mib-get-11.txt"))
    assert told.instance == 0x0101
    assert [int.from_bytes(told.octets[index]) for index in range(1, 16)] == [
        47, 47, 0, 0, 1, 0, 3, 2000, 0, 65535, 2, 0, 0, 0, 0,
    ]  # fmt: skip
    assert told.other == {"PhysicalPortId": "0"}


@pytest.mark.parametrize(
    ("name", "state"), [("rtk-omcicli-mib-get-329.txt", 0), ("rtk-omcicli-mib-get-329-veip-locked.txt", 1)]
)
def test_a_real_veip_says_what_its_source_states(name: str, state: int) -> None:
    (told,) = realtek.entities(329, sample(name))
    assert told == Told(
        329,
        0x0601,
        {1: bytes([state]), 2: bytes([state]), 3: bytes(25), 4: bytes(2), 5: bytes(2)},
        {"CustomizedSlotId": "0xff"},
    )


def test_a_real_olt_says_what_its_source_states() -> None:
    (told,) = realtek.entities(131, sample("rtk-omcicli-mib-get-131-a.txt"))
    assert (told.octets[1], told.octets[2].strip(b"\0 ")) == (b"ALCL", b"")
    (other,) = realtek.entities(131, sample("rtk-omcicli-mib-get-131-b.txt"))
    assert other.octets[1] == bytes(4)


def test_real_filters_say_what_their_source_states() -> None:
    told = realtek.entities(84, sample("rtk-omcicli-mib-get-84.txt"))
    assert {each.instance: each.octets[1].rstrip(b"\0").hex() for each in told} == {
        0x1202: "026d", 0x1203: "0335", 0x1204: "0336", 0x120B: "026d03350336", 0xE102: "00d1", 0xE10B: "00d1",
    }  # fmt: skip
    assert {each.octets[2] for each in told} == {b"\x10"}
    assert [each.octets[3][0] for each in told] == [1, 1, 1, 3, 1, 1]


def test_real_vlan_operations_say_what_their_source_states() -> None:
    told = {each.instance: each.octets for each in realtek.entities(171, sample("rtk-omcicli-mib-get-171.txt"))}
    assert [len(told[instance][6]) // 16 for instance in (0x101, 0x102, 0x103, 0x104, 0x0E01)] == [0, 6, 0, 0, 4]
    assert told[0x102][6][:16].hex() == "f8000000" + "819b5000" + "400f0000" + "000819b2"  # VLAN 822
    assert told[0x102][8].hex() == "000000249249492492" + "6db6db924924b6db6d" + "db6db6ffffff"


def test_real_optical_lines_say_what_their_source_states() -> None:
    first, second = realtek.entities(
        263, "".join(f"{printed.RULE}\n{part}{printed.RULE}\n" for part in halves(sample("rtk-omcicli-263-lines.txt")))
    )
    levels = [int.from_bytes(told.octets[index], signed=True) for told in (first, second) for index in (10, 14)]
    assert [round(level * 0.002, 3) for level in levels] == [-26.382, 1.76, -21.804, 2.062]


def halves(text: str) -> list[str]:
    lines = text.splitlines(keepends=True)
    return ["".join(lines[:2]), "".join(lines[2:])]
