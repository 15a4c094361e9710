"""Entries are made from a document's facts, with what is left out filled in."""

from agent.model.schema_entries import (
    Default,
    EnumerationReference,
    EnumerationValue,
    ListFacet,
    ParameterEntry,
    Range,
    Reference,
    Size,
    arguments,
    object_entry,
    parameter_entry,
    parent_of,
)
from agent.model.schema_text import Facts

TYPES: dict[str, Facts] = {
    "Word": {"type": "string", "maxLength": 9, "enumeration": ["a"], "units": "words"},
    "Short": {"type": "Word", "maxLength": 3},
    "Pair": {"type": "int", "list": {"minItems": 2, "maxItems": 2}},
}


def made(facts: Facts | str, owner: Facts | None = None) -> ParameterEntry:
    return parameter_entry("Device.P", facts, owner or {}, TYPES.__getitem__, lambda path: f"At.{path}")


def test_a_type_alone_is_an_entry_with_every_other_fact_left_out() -> None:
    assert made("int") == ParameterEntry("Device.P", "int")


def test_every_fact_finds_its_place() -> None:
    entry = made(
        {
            "type": "string",
            "access": "writeOnceReadOnly",
            "sizes": [{"maxLength": 0}, {"minLength": 2, "maxLength": 3}],
            "patterns": ["x*"],
            "enumeration": [
                {"value": "A", "optional": True, "access": "readOnly", "status": "deleted", "version": "1"}
            ],
            "reference": {"targets": ["T."], "refType": "weak", "targetType": "any"},
            "enumerationRef": {"parameter": "Q", "nullValue": ""},
            "default": "A",
            "defaultType": "factory",
            "mandatory": True,
            "forcedInform": True,
            "activeNotify": "canDeny",
            "hidden": True,
            "command": True,
            "version": "2.1",
        },
        {"version": "2.0", "status": "obsoleted"},
    )
    assert entry.writable
    assert entry.is_secret
    assert entry == ParameterEntry(
        "Device.P",
        "string",
        access="writeOnceReadOnly",
        sizes=(Size(0, 0), Size(2, 3)),
        patterns=("x*",),
        enumeration=(EnumerationValue("A", True, False, "deleted", "1"),),
        reference=Reference(("At.T.",), strong=False, kind="any"),
        enumeration_ref=EnumerationReference("At.Q", ""),
        mandatory=True,
        forced_inform=True,
        active_notify="canDeny",
        hidden=True,
        command=True,
        default=Default("factory", "A"),
        status="obsoleted",
        version="2.1",
    )


def test_a_facet_replaces_that_of_the_type_and_leaves_the_others() -> None:
    entry = made("Short")
    assert (entry.named_type, entry.type, entry.sizes, entry.units) == ("Short", "string", (Size(0, 3),), "words")
    assert made({"type": "Short", "enumeration": ["b"]}).enumeration == (EnumerationValue("b"),)


def test_lists_of_lists_are_nested() -> None:
    assert made("Pair").list == ListFacet(2, 2)
    assert made({"type": "Pair", "list": {"maxItems": 9}}).list == ListFacet(0, 9, inner=ListFacet(2, 2))


def test_ranges_may_be_open() -> None:
    assert made({"type": "int", "ranges": [{"max": -1}, {"min": 1, "step": 2}]}).ranges == (
        Range(None, -1),
        Range(1, None, 2),
    )


def test_a_table_has_any_number_of_rows_and_anything_else_is_there_once() -> None:
    table, single = object_entry("Device.A.{i}.", {}), object_entry("Device.A.", {"maxEntries": 3})
    assert (table.min_entries, table.max_entries, table.is_table) == (0, None, True)
    assert (single.min_entries, single.max_entries, single.is_table) == (1, 3, False)
    assert not object_entry("Device.A.", {"access": "readWrite"}).addable_and_deletable


def test_the_parent_of_a_template() -> None:
    assert parent_of("Device.A.{i}.B.{i}.") == "Device.A.{i}."
    assert parent_of("Device.A.{i}.B.") == "Device.A.{i}."
    assert parent_of("Device.") == ""
    assert parent_of("VoiceService.{i}.") == ""


def test_arguments_of_inner_objects_stand_beside_the_others() -> None:
    facts = {"parameters": {"A": "int"}, "objects": {"R.{i}.": {"version": "3", "parameters": {"B": "Short"}}}}
    given = arguments("Device.Go().", facts, TYPES.__getitem__, str)
    assert list(given.parameters) == ["A", "R.{i}.B"]
    assert given.parameters["R.{i}.B"].path == "Device.Go().R.{i}.B"
    assert given.parameters["R.{i}.B"].version == "3"
    assert list(given.objects) == ["R.{i}."]
