"""What Lantiq's and MaxLinear's programs print, in the forms of several firmwares."""

import pytest

from backends.omci.consoles import lantiq
from backends.omci.consoles.told import NotUnderstood, Told
from tests.backends.omci.consoles.printed import LANTIQ_LIST, LANTIQ_NEW, LANTIQ_OLD, LANTIQ_TABLE
from tests.backends.omci.vectors import sample


def test_a_new_firmware_numbers_attributes_from_1() -> None:
    assert lantiq.entities(LANTIQ_NEW) == [Told(340, 3585, {1: b"\0", 2: b"\x80\0", 3: b"\xff\xff"}, alarms=b"")]


def test_an_old_firmware_numbers_them_from_0() -> None:
    (told,) = lantiq.entities(LANTIQ_OLD)
    assert (told.class_id, told.instance) == (263, 32769)
    assert told.octets == {1: b"\1", 10: b"\xd5\x6a", 11: b"\xff"}
    assert (told.alarms, told.other) == (b"\x20" + bytes(27), {})


def test_a_table_is_all_of_its_rows() -> None:
    (told,) = lantiq.entities(LANTIQ_TABLE)
    assert told.octets == {1: b"\0", 3: b"ABCDEF"}


def test_where_number_and_size_contradict_the_name_decides() -> None:
    moved = LANTIQ_NEW.replace(" 2 ACS network", " 1 ACS network").replace(" 1 Administrative", " 9 Administrative")
    (told,) = lantiq.entities(moved)
    assert told.octets == {1: b"\0", 2: b"\x80\0", 3: b"\xff\xff"}


def test_what_is_no_attribute_keeps_its_name() -> None:
    (told,) = lantiq.entities(
        LANTIQ_NEW.replace("ACS network address           2b", "Something else                3b")
    )
    assert told.octets == {1: b"\0", 3: b"\xff\xff"}
    assert told.other == {"Something else": "008000"}


def test_several_entities_and_the_end_of_each_are_found() -> None:
    assert [told.class_id for told in lantiq.entities(LANTIQ_NEW + "$ omci_pipe.sh meg …\n" + LANTIQ_OLD)] == [340, 263]


@pytest.mark.parametrize(
    ("text", "why"),
    [("errorcode=-12\n", "errorcode=-12"), ("", "no entity"), ("sh: omci_pipe.sh: not found\n", "no ent")],
)
def test_an_answer_without_an_entity_is_told_with_its_error(text: str, why: str) -> None:
    with pytest.raises(NotUnderstood, match=why):
        lantiq.entities(text)


def test_the_last_error_code_counts() -> None:
    assert (lantiq.error_code("errorcode=0\nerrorcode=-12\n"), lantiq.error_code("err")) == (-12, None)


def test_the_list_of_entities_is_read() -> None:
    assert lantiq.instances(LANTIQ_LIST) == [(256, 0), (263, 32769), (340, 3585)]


@pytest.mark.parametrize(
    ("text", "state"),
    [
        ("errorcode=0 curr_state=5\n", "O5"),
        ("errorcode=0 curr_state=1 previous_state=0 elapsed_msec=16907701\n", "O1"),
        ("errorcode=0 current=51 previous=40 time_curr=57779\n", "O5"),
        ("errorcode=0 current=40 previous=30\n", "O4"),
        ("errorcode=-1\n", None),
        ("curr_state=x current=500\n", None),
        ("", None),
    ],
)
def test_the_state_is_read_from_whichever_fields_there_are(text: str, state: str | None) -> None:
    assert lantiq.onu_state(text) == state


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ('errorcode=0 serial_number="71 80 79 78 171 205 18 52"\n', "GPONABCD1234"),
        ('errorcode=0 serial_number="0 0 0 0 171 205 18 52"\n', "00000000abcd1234"),
        ('errorcode=0 serial_number="## ## ## ## ### ### ### ###"\n', None),
        ('errorcode=0 serial_number="71 80 79 78 171 205 18 256"\n', None),
        ("errorcode=-1\n", None),
    ],
)
def test_a_serial_number_is_eight_decimal_octets(text: str, number: str | None) -> None:
    assert lantiq.serial_number(text) == number


def test_a_real_prx300_says_what_its_source_states() -> None:
    text = sample("prx300-omci_pipe-meg-7-131-329-130.txt")
    assert lantiq.entities(text) == [
        Told(7, 0, {1: b"V0.01".ljust(14, b"\0"), 2: b"\1", 3: b"\1"}),
        Told(329, 3585, {1: b"\0", 2: b"\0"}),
        Told(130, 41218, {1: b"\xff\xff"}),
    ]
    assert lantiq.error_code(text) == -12


def test_a_real_prx321_says_what_its_source_states() -> None:
    text = sample("prx321-omci_pipe-meg-84.txt")
    values = {1: b"\x09\xda".ljust(24, b"\0"), 2: b"\x10", 3: b"\1"}
    assert lantiq.entities(text) == [
        Told(84, 4354, values, alarms=b""),
        Told(84, 4363, values, alarms=b""),
    ]


def test_a_real_sercomm_says_what_its_source_states() -> None:
    first, second = lantiq.entities(sample("sercomm-show-me-7.txt"))
    assert (first.octets[1], second.octets[1]) == (b"SCOMFGS202304\0", b"SCOMFGS202305\0")
    assert [told.octets[3] for told in (first, second)] == [b"\0", b"\1"]  # the second is active


@pytest.mark.parametrize(("name", "state"), [("lantiq-onu-ploamsg.txt", "O5"), ("prx300-pon-psg.txt", "O5")])
def test_real_states_are_read(name: str, state: str) -> None:
    assert lantiq.onu_state(sample(name)) == state


def test_alarms_below_omci_are_those_that_the_answer_has() -> None:
    text = "errorcode=0 alarm=1 sig_fail=0 sig_degrade=1 loss_of_signal=1 loss_of_gtc_frame=x ploam_rx_error=1\n"
    assert lantiq.pon_alarms(text) == {"LOS": True, "SF": False, "SD": True}
    assert lantiq.pon_alarms("errorcode=-1\n") == {}
