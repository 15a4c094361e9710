"""What Cortina's minishell prints."""

import pytest

from backends.omci.consoles import cortina
from backends.omci.consoles.told import NotUnderstood
from tests.backends.omci.consoles import printed
from tests.backends.omci.vectors import sample


def test_an_onu_is_read_and_what_the_vendor_added_keeps_its_name() -> None:
    (told,) = cortina.entities(256, printed.CORTINA_ONU)
    assert told.octets[1] == b"GPON"
    assert told.octets[2] == b"XG-99S".ljust(14, b"\0")
    assert told.octets[3] == b"GPON\xab\xcd\x12\x34"
    assert (told.octets[4], told.octets[7], told.octets[10], told.octets[12]) == (b"\2", b"\0", bytes(24), b"\3")
    assert told.other == {"AtmCCOpt": "0", "OntState": "1"}


def test_several_instances_are_read() -> None:
    text = "Table X, x, total 2 instances\n\nEntityID = 0x0001\nAdminState = 1\n\nEntityID = 2\nAdminState = 0\n"
    assert [(told.instance, told.octets) for told in cortina.entities(340, text)] == [(1, {1: b"\1"}), (2, {1: b"\0"})]


def test_no_instance_is_none() -> None:
    assert cortina.entities(340, "Table X, x, total 0 instances\n\n") == []


@pytest.mark.parametrize("text", ["", "unknown command\n", "Table X, x, total 2 instances\nEntityID = 0x0001\n"])
def test_an_answer_without_its_headline_or_cut_off_is_not_believed(text: str) -> None:
    with pytest.raises(NotUnderstood):
        cortina.entities(256, text)


def test_state_and_identity_are_read() -> None:
    assert cortina.onu_state(printed.CORTINA_LINK) == "O5"
    assert cortina.onu_id(printed.CORTINA_ME) == 17
    assert cortina.serial_number(printed.CORTINA_ME) == "GPONABCD1234"
    assert cortina.onu_state("") is cortina.onu_id("Onu id 65535\n") is cortina.serial_number("") is None


def test_a_real_fs_stick_says_what_its_source_states() -> None:
    (told,) = cortina.entities(256, sample("ca8271-mib-show-256.txt"))
    assert (told.octets[1], told.octets[3]) == (b"GPON", b"GPON\xab\xcd\x12\x34")
    (olt,) = cortina.entities(131, sample("ca8271-mib-show-131.txt"))
    assert olt.octets == {1: bytes(4), 2: bytes(20), 3: bytes(14), 4: bytes(14)}
    assert cortina.onu_state(sample("ca8271-show-link.txt")) == "O1"
    assert cortina.onu_id(sample("ca8271-show-onu.txt")) is None
    assert cortina.serial_number(sample("ca8271-show-onu.txt")) == "GPONABCD1234"


def test_a_real_nokia_says_what_its_source_states() -> None:
    text = sample("nokia-misc-get.txt")
    (told,) = cortina.entities(256, text)
    assert (told.octets[1], told.octets[3].hex()) == (b"ALCL", "aabbccddeeff1122")
    assert cortina.onu_state(text) == "O5"
