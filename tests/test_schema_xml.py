"""Single elements of the Forum's XML say what they say, and nothing where they say nothing."""

from xml.etree import ElementTree as ET
from xml.etree.ElementTree import Element

import pytest

from agent.schema_xml import (
    CompileError,
    default,
    demanded_arguments,
    entry_counts,
    enumeration_value,
    life,
    list_facet,
    name_of,
    required,
    unique_keys,
)


def element(xml: str) -> Element:
    return ET.fromstring(xml)


def test_a_name_has_no_white_space_around_it_and_has_to_be_there() -> None:
    assert name_of(element('<parameter name="P "/>')) == "P"
    with pytest.raises(CompileError, match="<parameter> without name="):
        required(element("<parameter/>"), "name")


def test_a_version_is_told_where_it_differs_and_a_status_where_it_is_not_current() -> None:
    assert life(element('<object version="2.1" status="current"/>'), "2.0") == {"version": "2.1"}
    assert life(element('<object version="2.0" status="deleted"/>'), "2.0") == {"status": "deleted"}


@pytest.mark.parametrize(
    ("attributes", "is_table", "told"),
    [
        ('minEntries="0" maxEntries="unbounded"', True, {}),
        ('minEntries="1" maxEntries="1"', False, {}),
        ('minEntries="0" maxEntries="1"', False, {"minEntries": 0}),
        ('minEntries="1" maxEntries="1"', True, {"minEntries": 1, "maxEntries": 1}),
        (
            'minEntries="4" maxEntries="4" numEntriesParameter="N"',
            True,
            {"minEntries": 4, "maxEntries": 4, "entriesParameter": "N"},
        ),
    ],
)
def test_counts_are_told_where_they_are_unusual(attributes: str, is_table: bool, told: dict[str, object]) -> None:
    assert entry_counts(element(f"<object {attributes}/>"), is_table) == told


def test_keys_count_among_enabled_rows_unless_it_is_said_otherwise() -> None:
    enabled, all_rows = '<uniqueKey><parameter ref="B"/>', '<uniqueKey functional="false"><parameter ref="A"/>'
    keys = f"<object>{all_rows}</uniqueKey>{enabled}</uniqueKey></object>"
    assert unique_keys(element(keys)) == {"uniqueKeys": [["B"]], "nonFunctionalKeys": [["A"]]}


def test_a_deleted_default_is_none() -> None:
    assert default(element('<syntax><default type="object" value="1" status="deleted"/></syntax>'), is_list=False) == {}
    assert default(element("<syntax/>"), is_list=False) == {}
    assert default(element('<syntax><default type="object" value="[]"/></syntax>'), is_list=True) == {"default": ""}


def test_a_list_may_have_several_sizes() -> None:
    sizes = (
        '<list><size maxLength="0"/><size minLength="3" maxLength="4"/><size maxLength="9" status="deleted"/></list>'
    )
    assert list_facet(element(sizes)) == {"sizes": [{"maxLength": 0}, {"minLength": 3, "maxLength": 4}]}
    assert list_facet(element('<list maxItems="unbounded"/>')) == {}


def test_a_word_with_nothing_else_to_say_stands_alone() -> None:
    assert enumeration_value(element('<enumeration value="A" optional="false" access="readWrite"/>')) == "A"


def test_demanded_arguments_are_paths_below_the_command() -> None:
    assert demanded_arguments(element('<command ref="Go()"><input/></command>')) == {}
