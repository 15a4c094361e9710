"""Names and values as programs print them, and the attributes and octets that they mean."""

import pytest

from backends.omci.consoles.told import Told, attribute_of, fields, octets_of
from backends.omci.entities import Attribute, Entity, entity


def of(number: int) -> Entity:
    found = entity(number)
    assert found is not None
    return found


def attribute(number: int, name: str) -> Attribute:
    found = of(number).named(name)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("number", "key", "after", "name"),
    [
        (340, "AdminState", 0, "AdministrativeState"),
        (340, "AcsAddress", 1, "AcsNetworkAddress"),
        (340, "AssociateTag", 2, "AssociatedTag"),
        (263, "OpticalSignalLevel", 0, "OpticalSignalLevel"),
        (263, "TranOpticLevel", 10, "TransmitOpticalLevel"),
        (11, "DuplexInd", 6, "ConfigurationInd"),
        (11, "AutoDectectCfg", 2, "AutoDetectionConfiguration"),
        (329, "IansAssignPort", 4, "IanaAssignedPort"),
        (256, "VID", 0, "VendorId"),
        (256, "Loid", 9, "LogicalOnuId"),
        (84, "FwdOp", 1, "ForwardOperation"),
        (171, "ReceivedFrameVlanTaggingOperTable", 5, "ReceivedFrameVlanTaggingOperationTable"),
    ],
)
def test_a_program_s_name_is_the_next_attribute_that_it_abbreviates(
    number: int, key: str, after: int, name: str
) -> None:
    found = attribute_of(of(number), key, after)
    assert found is not None
    assert found.name == name


@pytest.mark.parametrize(
    ("number", "key", "after"),
    [(256, "OntState", 12), (11, "PhysicalPortId", 15), (329, "CustomizedSlotId", 5), (2, "", 0)],
)
def test_what_a_vendor_added_is_no_attribute(number: int, key: str, after: int) -> None:
    assert attribute_of(of(number), key, after) is None


@pytest.mark.parametrize(
    ("number", "name", "text", "octets"),
    [
        (340, "AcsNetworkAddress", "0x8000", "8000"),
        (340, "AcsNetworkAddress", " 32768 ", "8000"),
        (263, "OpticalSignalLevel", "0xd56a", "d56a"),
        (263, "OpticalSignalLevel", "-10902", "d56a"),
        (263, "OpticalSignalLevel", "54634", "d56a"),
        (256, "VendorId", '"GPON"', b"GPON".hex()),
        (256, "VendorId", "0x414c434c", b"ALCL".hex()),
        (131, "OltVendorId", "0x00", "00000000"),
        (256, "SerialNumber", "47 50 4f 4e ab cd 12 34", "47504f4eabcd1234"),
        (257, "EquipmentId", "HG8010H", b"HG8010H".ljust(20, b"\0").hex()),
        (329, "InterdomainName", "0x" + "00" * 25, "00" * 25),
    ],
)
def test_a_printed_value_is_octets_however_it_is_printed(number: int, name: str, text: str, octets: str) -> None:
    found = octets_of(attribute(number, name), text)
    assert found is not None
    assert found.hex() == octets


@pytest.mark.parametrize(
    ("number", "name", "text"),
    [
        (340, "AcsNetworkAddress", "none"),
        (340, "AcsNetworkAddress", "65536"),
        (340, "AcsNetworkAddress", "9" * 30),
        (263, "OpticalSignalLevel", "-32769"),
        (256, "VendorId", '"GPONX"'),
        (256, "VendorId", "é"),
        (256, "SerialNumber", "47 50"),
        (340, "AcsNetworkAddress", "0x" + "f" * 2000),
    ],
)
def test_a_value_that_an_attribute_cannot_have_is_none(number: int, name: str, text: str) -> None:
    assert octets_of(attribute(number, name), text) is None


def test_a_line_of_fields_is_read_by_their_names() -> None:
    line = 'errorcode=0 curr_state=5 previous_state=4 serial_number="71 80" empty= '
    assert fields(line) == {
        "errorcode": "0", "curr_state": "5", "previous_state": "4", "serial_number": "71 80", "empty": "",
    }  # fmt: skip


def test_each_entity_has_attributes_of_its_own() -> None:
    Told(1, 0).octets[1] = b"x"
    assert Told(1, 0).octets == {}
