"""Managed entities: what is known of them, values from octets and back, and Gets that fit their answers."""

import pytest

from backends.omci.entities import (
    Attribute,
    Entity,
    Value,
    WrongValue,
    alarm_bitmap,
    alarm_numbers,
    entity,
    entity_named,
    known,
)

ANI_G, LARGE_STRING, ONU_G = 263, 157, 256


def of(number: int) -> Entity:
    found = entity(number)
    assert found is not None
    return found


def attribute(number: int, name: str) -> Attribute:
    found = of(number).named(name)
    assert found is not None
    return found


@pytest.mark.parametrize("number", known())
def test_a_class_is_whole(number: int) -> None:
    each = of(number)
    assert each.number == number
    assert entity_named(each.name.upper()) is each
    assert [one.index for one in each.attributes] == list(range(1, len(each.attributes) + 1))
    assert len(each.attributes) <= 16
    assert len({one.name.lower() for one in each.attributes}) == len(each.attributes)
    for one in each.attributes:
        assert set(one.access) <= set("RWS")
        assert one.access
        assert one.size or one.is_table
        assert one.kind in {"uint", "sint", "enum", "pointer", "bits", "counter", "string", "serial", "octets", "table"}
        assert each.named(one.name) is one is each.attribute(one.index)


def test_a_class_that_nobody_described_is_not_known() -> None:
    assert (entity(65400), entity_named("Nobody"), entity(0)) == (None, None, None)
    assert of(2).attribute(0) is of(2).attribute(2) is None


def test_the_acs_chain_is_known_with_its_sizes_and_access() -> None:
    table = {
        (each.name, one.name): (one.size, one.access) for each in map(of, (340, 137, 148)) for one in each.attributes
    }
    assert table == {
        ("BbfTr069ManagementServer", "AdministrativeState"): (1, "RW"),
        ("BbfTr069ManagementServer", "AcsNetworkAddress"): (2, "RW"),
        ("BbfTr069ManagementServer", "AssociatedTag"): (2, "RW"),
        ("NetworkAddress", "SecurityPointer"): (2, "RWS"),
        ("NetworkAddress", "AddressPointer"): (2, "RWS"),
        ("AuthenticationSecurityMethod", "ValidationScheme"): (1, "RW"),
        **{
            ("AuthenticationSecurityMethod", name): (25, "RW")
            for name in ("Username1", "Password", "Realm", "Username2")
        },
    }
    assert [one.size for one in of(LARGE_STRING).attributes] == [1] + [25] * 15


def test_a_class_says_who_makes_it_and_which_messages_it_takes() -> None:
    assert (of(340).made_by, of(137).made_by) == ("ONU", "OLT")
    assert of(2).actions == {
        "Get", "GetAllAlarms", "GetAllAlarmsNext", "MIBReset", "MIBUpload", "MIBUploadNext", "Set",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("number", "name", "octets", "value"),
    [
        (ANI_G, "OpticalSignalLevel", "d56a", -10902),
        (ANI_G, "TransmitOpticalLevel", "0407", 1031),
        (ANI_G, "LowerOpticalThreshold", "ff", 255),  # unsigned: 255 is the ONU's own
        (ANI_G, "LowerTransmitPowerThreshold", "81", -127),
        (340, "AcsNetworkAddress", "8000", 0x8000),
        (341, "ReceivedPayloadBytes", "0000000100000000", 1 << 32),
        (ONU_G, "VendorId", "47504f4e", "GPON"),
        (ONU_G, "Version", "56302e3031000000000000000000", "V0.01"),
        (ONU_G, "Version", "0102000000000000000000000000", bytes.fromhex("0102") + bytes(12)),
        (ONU_G, "SerialNumber", "47504f4eabcd1234", "GPONABCD1234"),
        (ONU_G, "SerialNumber", "00000000abcd1234", bytes.fromhex("00000000abcd1234")),
        (257, "EquipmentId", b"HG8010H ".ljust(20, b" ").hex(), "HG8010H".ljust(20)),
        (148, "Password", b"not-a-secret".ljust(25, b"\0").hex(), "not-a-secret"),
        (148, "Username1", b"".ljust(25, b"\0").hex(), ""),
        (11, "SensedType", "2f", 47),
        (158, "ReplyTable", "00000039", 57),
        (171, "ReceivedFrameVlanTaggingOperationTable", "11" * 16, b"\x11" * 16),
    ],
)
def test_octets_are_a_value_and_the_value_is_these_octets(number: int, name: str, octets: str, value: Value) -> None:
    one = attribute(number, name)
    assert one.value(bytes.fromhex(octets)) == value
    assert one.octets(value) == bytes.fromhex(octets)
    if one.kind in ("string", "octets", "serial"):
        assert one.octets(octets) == bytes.fromhex(octets)


@pytest.mark.parametrize(
    ("number", "name", "text", "octets"),
    [
        (340, "AdministrativeState", "unlocked", "00"),
        (340, "AcsNetworkAddress", "null", "ffff"),
        (340, "AcsNetworkAddress", "0x8000", "8000"),
        (ANI_G, "OpticalSignalLevel", "-10902", "d56a"),
        (157, "Part1", "https://acs.example.net:7", b"https://acs.example.net:7".hex()),
        (47, "PortMacAddress", "0x0200ab000001", "0200ab000001"),
    ],
)
def test_a_person_may_write_words_and_hexadecimal(number: int, name: str, text: str, octets: str) -> None:
    assert attribute(number, name).octets(text).hex() == octets


@pytest.mark.parametrize(
    ("number", "name", "value", "why"),
    [
        (340, "AcsNetworkAddress", 0x10000, "2 octets; 65536"),
        (340, "AcsNetworkAddress", -1, "2 octets; -1"),
        (ANI_G, "OpticalSignalLevel", 32768, "2 octets; 32768"),
        (340, "AdministrativeState", "open", "'open' is none"),
        (148, "Password", "é", "ASCII"),
        (148, "Password", "x" * 26, "25 octets; these are 26"),
        (47, "PortMacAddress", "here", "hexadecimal"),
        (47, "PortMacAddress", b"\0", "6 octets; these are 1"),
    ],
)
def test_a_value_that_an_attribute_cannot_have_is_refused(number: int, name: str, value: Value, why: str) -> None:
    with pytest.raises(WrongValue, match=why):
        attribute(number, name).octets(value)


@pytest.mark.parametrize(
    ("number", "name", "value", "told"),
    [
        (ANI_G, "OpticalSignalLevel", -10902, "-10902 (-21.804 dBm)"),
        (ANI_G, "LowerOpticalThreshold", 56, "56 (-28.000 dBm)"),
        (ANI_G, "LowerOpticalThreshold", 255, "255 (the ONU's own)"),
        (ANI_G, "LowerTransmitPowerThreshold", -127, "-127 (the ONU's own)"),
        (ANI_G, "LowerTransmitPowerThreshold", 10, "10 (5.000 dBm)"),
        (ANI_G, "OnuResponseTime", 35000, "35000 ns"),
        (257, "Sysuptime", 6000, "6000 (60.000 s)"),
        (11, "ConfigurationInd", 3, "3 (1000)"),
        (11, "ConfigurationInd", 0x13, "19 (1000-half)"),
        (340, "AdministrativeState", 1, "1 (locked)"),
        (256, "OperationalState", 1, "1 (disabled)"),
        (158, "ReplyTable", 57, "57 octets"),
        (47, "PortMacAddress", bytes(6), "000000000000"),
        (ONU_G, "VendorId", "GPON", "GPON"),
    ],
)
def test_a_value_is_told_with_its_unit_or_its_word(number: int, name: str, value: Value, told: str) -> None:
    assert attribute(number, name).told(value) == told


def test_values_are_cut_by_their_mask() -> None:
    cut = of(ANI_G).cut(0x0044, bytes.fromhex("d56a0407") + bytes(21))
    assert cut.octets == {10: b"\xd5\x6a", 14: b"\x04\x07"}
    assert (cut.mask, cut.rest) == (0, bytes(21))


def test_what_is_not_known_or_does_not_fit_stays_octets_and_its_mask_says_what_it_is() -> None:
    unknown = of(340).cut(0xF000, bytes.fromhex("00 8000 2064 77"))
    assert (sorted(unknown.octets), unknown.mask, unknown.rest) == ([1, 2, 3], 0x1000, b"\x77")
    too_long = of(157).cut(0xC000, b"\x02https://acs")
    assert (too_long.octets, too_long.mask, too_long.rest) == ({1: b"\x02"}, 0x4000, b"https://acs")


def test_a_table_is_its_size_in_an_answer_and_a_row_in_a_set() -> None:
    row = bytes(range(16))
    assert of(171).cut(0x0400, row).octets == {6: row[:4]}
    assert of(171).cut(0x0400, row, tables_by_size=False).octets == {6: row}


def test_create_carries_what_is_set_when_made() -> None:
    assert of(137).made_with() == 0xC000
    assert of(157).made_with() == 0
    assert of(340).made_with() == 0


@pytest.mark.parametrize(
    ("number", "mask", "masks"),
    [
        (ONU_G, 0xE000, [0xC000, 0x2000]),  # 4 + 14 + 8 are more than 25
        (ONU_G, 0xC000, [0xC000]),
        (157, 0xE000, [0x8000, 0x4000, 0x2000]),  # a part of 25 fills an answer
        (158, 0x2000, [0x2000]),  # of a table comes the size
        (340, 0xE800, [0xE000, 0x0800]),  # what is not known is asked for alone
        (340, 0, []),
    ],
)
def test_a_get_is_split_so_that_each_answer_fits(number: int, mask: int, masks: list[int]) -> None:
    assert of(number).get_masks(mask, room=25) == masks


@pytest.mark.parametrize("number", known())
def test_all_that_can_be_read_of_a_class_is_asked_for_once_and_fits(number: int) -> None:
    each = of(number)
    masks = each.get_masks(each.readable(), room=25)
    assert sum(masks) == each.readable()
    for mask in masks:
        assert sum(4 if one.is_table else one.size for one in each.of_mask(mask)) <= 25
    assert not any(one.is_deprecated or "R" not in one.access for one in each.of_mask(each.readable()))


def test_bit_0_of_an_alarm_bitmap_is_the_first_octet_s_most_significant() -> None:
    assert alarm_numbers(bytes.fromhex("82") + bytes(26) + b"\x01") == [0, 6, 223]
    assert alarm_bitmap([223, 6, 0]) == bytes.fromhex("82") + bytes(26) + b"\x01"
    assert of(ANI_G).alarms_of(b"\x82\x80") == {0: "Low received optical power", 6: "Laser bias current", 8: ""}


def test_there_is_no_alarm_224() -> None:
    with pytest.raises(WrongValue, match="0 to 223"):
        alarm_bitmap([224])


def test_asking_for_every_number_keeps_nothing() -> None:
    for number in range(0, 65536, 7):
        entity(number)
    cached = entity.__globals__["_entity"].cache_info()
    assert cached.currsize <= len(known())
