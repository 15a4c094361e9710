"""A value has one text, a text one value, and an illegal text a reason, for every type and facet."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.model import values
from agent.model.errors import InvalidValue
from agent.model.schema_entries import BASE_TYPES, EnumerationValue, ListFacet, ParameterEntry, Range, Size
from tests.schemas import shipped_schema

LIMITS = {
    "int": (-(2**31), 2**31 - 1),
    "unsignedInt": (0, 2**32 - 1),
    "long": (-(2**63), 2**63 - 1),
    "unsignedLong": (0, 2**64 - 1),
}
CHARACTERS = st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="\ufffe\uffff")
SENSIBLE = {
    **{kind: st.integers(*limits) for kind, limits in LIMITS.items()},
    "boolean": st.booleans(),
    "string": st.text(CHARACTERS | st.sampled_from("\t\n\r")),
    "base64": st.binary(),
    "hexBinary": st.binary(),
    "decimal": st.decimals(-(10**18), 10**18, places=9, allow_nan=False),
    "dateTime": st.none() | st.datetimes(datetime(1, 1, 2), timezones=st.just(UTC)),  # noqa: DTZ001
}


def entry(kind: str, **facets: Any) -> ParameterEntry:
    return ParameterEntry("Device.P", kind, **facets)


def listed(kind: str = "string", facet: ListFacet | None = None, **facets: Any) -> ParameterEntry:
    return entry(kind, list=facet or ListFacet(), **facets)


def refusal(of: ParameterEntry, text: str) -> str:
    with pytest.raises(InvalidValue) as caught:
        values.parse(of, text)
    assert caught.value.path == ""
    return caught.value.reason


def test_a_secret_is_refused_by_what_is_allowed_alone() -> None:
    assert values.unfit(entry("string", sizes=(Size(8, 63),))) == "the value does not fit; allowed: 8 to 63 characters"
    assert values.unfit(entry("hexBinary", sizes=(Size(5, 5), Size(13, 13)))).endswith(": 5 to 5, 13 to 13 bytes")
    assert values.unfit(entry("string")) == "the value does not fit"


def test_every_base_type_has_sensible_values_here() -> None:
    assert SENSIBLE.keys() == BASE_TYPES


@given(st.data(), st.sampled_from(sorted(BASE_TYPES)))
def test_what_is_rendered_parses_to_the_same(data: st.DataObject, kind: str) -> None:
    value = data.draw(SENSIBLE[kind])
    assert values.parse(entry(kind), values.render(entry(kind), value)) == value


@given(st.data(), st.sampled_from(sorted(BASE_TYPES)))
def test_a_list_that_is_rendered_parses_to_the_same(data: st.DataObject, kind: str) -> None:
    items = tuple(data.draw(st.lists(SENSIBLE[kind], max_size=4)))
    if items in {("",), (b"",)}:  # one empty item is written like no item
        return
    assert values.parse(listed(kind), values.render(listed(kind), items)) == items


@given(st.lists(st.lists(st.integers(-9, 9), min_size=1).map(tuple)).map(tuple))
def test_a_list_of_lists_that_is_rendered_parses_to_the_same(items: tuple[tuple[int, ...], ...]) -> None:
    nested = listed("int", ListFacet(nested_brackets="required", inner=ListFacet(1)))
    assert values.parse(nested, values.render(nested, items)) == items


@given(st.data())
def test_whatever_text_comes_it_is_a_value_or_refused(data: st.DataObject) -> None:
    of = data.draw(st.sampled_from([*map(entry, sorted(BASE_TYPES)), *map(listed, sorted(BASE_TYPES))]))
    text = data.draw(st.text() | st.from_regex(r"[-+.,0-9TZ:a-f\[\] %]*", fullmatch=True))
    try:
        value = values.parse(of, text)
    except InvalidValue:
        return
    assert values.parse(of, values.render(of, value)) == value


# --- booleans and numbers -------------------------------------------------------------------------------------------


def test_a_boolean_is_said_in_four_ways_and_told_in_two() -> None:
    assert [values.parse(entry("boolean"), text) for text in ("0", "1", "true", " false\n")] == [
        False,
        True,
        True,
        False,
    ]
    assert [values.render(entry("boolean"), value) for value in (True, False)] == ["true", "false"]
    for text in ("", "True", "yes", "2"):
        assert "allowed: true, false, 1, 0" in refusal(entry("boolean"), text)


@pytest.mark.parametrize("kind", LIMITS)
def test_an_integer_stays_within_its_type(kind: str) -> None:
    lowest, highest = LIMITS[kind]
    assert values.parse(entry(kind), str(lowest)) == lowest
    assert values.parse(entry(kind), f" +{highest}\t") == highest
    assert values.parse(entry(kind), "0" * 5000 + "7") == 7
    assert f"allowed: {lowest} to {highest}" in refusal(entry(kind), str(highest + 1))
    assert f"allowed: {lowest} to {highest}" in refusal(entry(kind), str(lowest - 1))


@pytest.mark.parametrize("text", ["", "1.0", "1e3", "0x1", "1_000", "--1", "1 2", "٣", "9" * 5000])
def test_what_is_no_integer_is_refused(text: str) -> None:
    assert "is no int" in refusal(entry("int"), text)


def test_a_number_is_in_one_of_its_ranges() -> None:
    of = entry("int", ranges=(Range(-1, -1), Range(10, None), Range(None, -100)))
    assert [values.parse(of, text) for text in ("-1", "10", "99", "-100")] == [-1, 10, 99, -100]
    assert refusal(of, "0") == "0 is out of range; allowed: -1 to -1, 10 to …, … to -100"
    stepped = entry("int", ranges=(Range(-6, 6, 4),))
    assert values.parse(stepped, "-2") == -2
    assert refusal(stepped, "0") == "0 is out of range; allowed: -6 to 6 in steps of 4"


def test_out_of_its_type_what_is_allowed_are_its_ranges() -> None:
    assert refusal(entry("unsignedInt"), "-5") == "-5 is no unsignedInt; allowed: 0 to 4294967295"
    of = entry("unsignedInt", ranges=(Range(1, None),))
    assert refusal(of, "-5") == "-5 is out of range; allowed: 1 to 4294967295"


def test_a_decimal_has_digits_on_both_sides_of_its_point() -> None:
    of = entry("decimal", ranges=(Range(0, 5),))
    assert [values.parse(of, text) for text in ("1.50", "+.5", "4.", "5")] == [Decimal("1.5"), Decimal("0.5"), 4, 5]
    assert "out of range" in refusal(of, "5.0000000001")
    for text in ("", ".", "1e3", "NaN", "INF", "1,5", "1" * 21):
        assert "no decimal" in refusal(of, text)
    assert values.render(of, Decimal("1E+3")) == "1000"
    assert values.render(of, 7) == "7"


# --- strings and binaries -------------------------------------------------------------------------------------------


def test_the_size_of_a_string_is_counted_in_characters() -> None:
    of = entry("string", sizes=(Size(0, 0), Size(2, 3)))
    assert [values.parse(of, text) for text in ("", "äö", "日本語")] == ["", "äö", "日本語"]
    assert refusal(of, "a") == "1 characters; allowed: 0 to 0, 2 to 3"
    assert refusal(entry("string", sizes=(Size(5),)), "a") == "1 characters; allowed: 5 to any number"


@pytest.mark.parametrize("character", ["\0", "\x1b", "\ud800", "\uffff", "\ufffe"])
def test_a_character_that_xml_cannot_carry_is_refused_and_never_told(character: str) -> None:
    assert refusal(entry("string"), f"a{character}") == f"the character U+{ord(character):04X} is not allowed in XML"
    assert values.render(entry("string"), f"a{character}b") == "a\ufffdb"


def test_white_space_of_a_string_is_its_own() -> None:
    assert values.parse(entry("string"), " a\n") == " a\n"


def test_a_word_is_one_of_the_enumeration_to_the_letter() -> None:
    words = (
        EnumerationValue("Up"),
        EnumerationValue("Told", writable=False),
        EnumerationValue("Gone", status="deleted"),
    )
    told, asked = entry("string", enumeration=words), entry("string", enumeration=words, access="readWrite")
    assert values.parse(told, "Told") == "Told"
    assert refusal(asked, "Told") == "'Told' is none of: Up"
    assert refusal(told, "Gone") == "'Gone' is none of: Up, Told"
    assert refusal(told, "up") == "'up' is none of: Up, Told"


def test_a_string_matches_one_of_its_patterns_as_a_whole() -> None:
    of = shipped_schema().parameters["Device.Ethernet.Interface.{i}.MACAddress"]
    assert values.parse(of, "") == ""
    assert values.parse(of, "00:1A:2b:00:00:00") == "00:1A:2b:00:00:00"
    assert "does not match '' or " in refusal(of, "00:1A:2b:00:00:0")


def test_a_binary_is_counted_in_bytes_before_encoding() -> None:
    of = entry("base64", sizes=(Size(2, 2),))
    assert values.parse(of, " AA\nE= ") == b"\0\1"
    assert refusal(of, "AAEC") == "3 bytes; allowed: 2 to 2"
    for text in ("A", "AA", "AA\u00a0E=", "AA=", "AA==AA==", "A*==", "ÄÄ=="):
        assert "is no base64" in refusal(of, text)
    digits = entry("hexBinary", sizes=(Size(0, 2),))
    assert values.parse(digits, " 0aFF ") == b"\x0a\xff"
    assert values.render(digits, b"\x0a\xff") == "0AFF"
    assert refusal(digits, "010203") == "3 bytes; allowed: 0 to 2"
    for text in ("0", "0g", "01 02", "0x01"):
        assert "is no sequence of pairs" in refusal(digits, text)


def test_a_refused_text_is_shown_short_and_on_one_line() -> None:
    assert refusal(entry("int"), "\x1b]0;" + "x" * 1000) == "'\\x1b]0;" + "x" * 36 + "\\u2026' is no int"


# --- lists ----------------------------------------------------------------------------------------------------------


def test_the_items_of_a_list_are_trimmed_and_checked_one_by_one() -> None:
    of = listed("unsignedInt", ranges=(Range(1, 9),))
    assert values.parse(of, " 1 , 2,3 ") == (1, 2, 3)
    assert values.parse(of, "") == ()
    assert values.parse(of, "  ") == ()
    assert refusal(of, "1,10") == "10 is out of range; allowed: 1 to 9"
    assert "'' is no unsignedInt" in refusal(of, "1,")


def test_a_list_has_its_own_count_and_size() -> None:
    of = listed(facet=ListFacet(1, 3, (Size(0, 8),)))
    assert values.parse(of, "a,b,c") == ("a", "b", "c")
    assert refusal(of, "") == "0 items; 1 to 3 are allowed"
    assert refusal(of, "a,b,c,d") == "4 items; 1 to 3 are allowed"
    assert refusal(of, "a, b, c  ") == "9 characters; allowed: 0 to 8"
    assert refusal(listed(facet=ListFacet(2)), "a") == "1 items; 2 to any number are allowed"


def test_commas_and_white_space_inside_an_item_are_percent_encoded() -> None:
    assert values.render(listed(), ["New Reno", "a,b", "50%", "%20"]) == "New%20Reno,a%2Cb,50%,%2520"
    assert values.parse(listed(), "New%20Reno, New Reno,a%2cb,50%,%2520,%41") == (
        "New Reno",
        "New Reno",
        "a,b",
        "50%",
        "%20",
        "%41",
    )


def test_items_in_brackets_keep_their_commas() -> None:
    of = listed("string", ListFacet(nested_brackets="required"), patterns=("([0-7],)*[0-7]",))
    assert values.parse(of, "[1,2], [3]") == ("1,2", "3")
    assert values.render(of, ("1,2", "3")) == "[1,2],[3]"
    pairs = listed("int", ListFacet(nested_brackets="required", inner=ListFacet(2, 2)))
    assert values.parse(pairs, "[1,2],[-3,4]") == ((1, 2), (-3, 4))
    assert refusal(pairs, "[1,2],[3]") == "1 items; 2 to 2 are allowed"
    for text in ("1,2", "[1,2", "[1,2][3,4]", "[1,2],", "[1,2],,[3,4]", ",[1,2]"):
        assert refusal(pairs, text) in (
            "each item stands in brackets: [a,b],[c,d]",
            "a comma stands between items, and only there",
        )


# --- what a program may hand over, and what a server may declare ----------------------------------------------------


def test_none_is_empty_text_or_the_unknown_time() -> None:
    for of in (entry("string"), entry("base64"), entry("hexBinary"), listed("int")):
        assert values.render(of, None) == ""
    assert values.render(entry("dateTime"), None) == "0001-01-01T00:00:00Z"


@pytest.mark.parametrize(
    ("kind", "value"),
    [
        ("boolean", 1),
        ("boolean", None),
        ("int", True),
        ("int", "1"),
        ("int", 1.0),
        ("int", None),
        ("string", 7),
        ("string", b"a"),
        ("base64", "AA=="),
        ("dateTime", "2024-05-01T12:00:00Z"),
        ("dateTime", datetime(2024, 5, 1, tzinfo=UTC).replace(tzinfo=None)),
        ("decimal", 0.5),
        ("decimal", Decimal("NaN")),
        ("decimal", True),
    ],
)
def test_a_value_of_another_type_is_a_mistake_of_the_program(kind: str, value: Any) -> None:
    with pytest.raises(TypeError):
        values.render(entry(kind), value)


@pytest.mark.parametrize("value", ["a,b", b"ab", 7, {"a"}])
def test_what_is_no_sequence_is_no_list(value: Any) -> None:
    with pytest.raises(TypeError, match="is no list of string"):
        values.render(listed(), value)


@pytest.mark.parametrize(
    ("kind", "declared", "suits"),
    [
        ("string", None, True),
        ("string", "xsd:string", True),
        ("string", "anySimpleType", True),
        ("string", "unsignedInt", False),
        ("unsignedInt", "xsd:int", True),
        ("unsignedLong", "unsignedInt", True),
        ("int", "x:integer", True),
        ("int", "string", True),
        ("int", "boolean", False),
        ("boolean", "boolean", True),
        ("boolean", "unsignedInt", False),
        ("dateTime", "boolean", False),
        ("dateTime", "xs:dateTime", True),
        ("base64", "soap-enc:base64", True),
        ("base64", "xsd:base64Binary", True),
        ("base64", "hexBinary", False),
        ("decimal", "xsd:string", True),
        ("decimal", "double", True),
        ("string", "", False),
        ("string", "nonsense", False),
    ],
)
def test_what_a_value_is_declared_as_suits_its_type_or_does_not(kind: str, declared: str | None, suits: bool) -> None:
    assert values.type_matches(entry(kind), declared) is suits


def test_a_list_is_declared_as_a_string() -> None:
    assert values.type_matches(listed("unsignedInt"), "xsd:string")
    assert not values.type_matches(listed("unsignedInt"), "xsd:unsignedInt")
