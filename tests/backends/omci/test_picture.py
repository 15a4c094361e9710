"""What is known of an ONT at a moment."""

from backends.omci.entities import alarm_bitmap
from backends.omci.picture import Picture, alarm_texts, name_of, values

ANI = (263, 0x8001)


def test_attributes_are_octets_numbers_and_texts() -> None:
    picture = Picture(entities={ANI: {6: b"\5"}, (263, 1): {}, (256, 0): {2: b"R1\0\0x", 1: b"A\xffB\x07"}})
    assert picture.instances(263) == [1, 0x8001]
    assert (picture.number(*ANI, 6), picture.number(*ANI, 7), picture.octets(1, 1, 1)) == (5, None, None)
    assert [picture.text(256, 0, index) for index in (2, 1, 3)] == ["R1", "AÿB", ""]


def test_a_text_is_utf_8_where_it_can_be_and_a_letter_an_octet_else() -> None:
    names = {1: "Büro é".encode(), 2: "Büro".encode("latin-1")}
    picture = Picture(entities={(329, 1): names})
    assert [picture.text(329, 1, index) for index in (1, 2)] == ["Büro é", "Büro"]


def test_a_total_that_nobody_counts_is_nothing() -> None:
    picture = Picture(totals={(312, 1): {3: 7}})
    assert [picture.total(312, 1, index) for index in (3, 4)] == [7, 0]


def test_alarms_are_bits_and_have_names() -> None:
    bitmap = alarm_bitmap([2, 9])
    picture = Picture(alarms={ANI: bitmap})
    assert [picture.has_alarm(*ANI, number) for number in (2, 3, 9)] == [True, False, True]
    assert alarm_texts(ANI, alarm_bitmap([2])) == {"AniG 32769: SF": "the ONT tells of SF (AniG 32769)"}


def test_alarms_without_a_name_have_their_number_for_one() -> None:
    about = ["AniG 32769: SF", "AniG 32769: alarm 210"]
    assert list(alarm_texts(ANI, alarm_bitmap([2, 210]))) == about
    assert list(alarm_texts((11, 257), alarm_bitmap([1]))) == [f"{name_of((11, 257))}: alarm 1"]


def test_an_unknown_class_has_its_number_for_a_name_and_no_alarms_that_mean_anything() -> None:
    assert name_of((60000, 1)) == "class 60000 1"
    assert alarm_texts((60000, 1), alarm_bitmap([0])) == {}
    assert list(values(60000, {1: b"x"})) == []


def test_values_are_told_by_attribute() -> None:
    assert [(attribute.name, value) for attribute, value in values(263, {6: b"\5", 99: b"x"})] == [
        ("SignalFailThreshold", 5)
    ]  # fmt: skip
