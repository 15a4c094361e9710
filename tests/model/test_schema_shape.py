"""A document out of shape is refused with the place, the key, and what is allowed there."""

from typing import Any

import pytest

from agent.model.schema import Schema
from agent.model.schema_shape import SchemaError, check_document, check_object, check_profile

PATH = "Device.X_A.{i}."


def refusal(**document: Any) -> str:
    with pytest.raises(SchemaError) as caught:
        Schema.from_document({"schema": 1, "objects": {}} | document, "a.json")
    return str(caught.value)


def object_refusal(facts: Any, path: str = PATH) -> str:
    return refusal(objects={path: facts})


def parameter_refusal(facts: Any) -> str:
    return object_refusal({"parameters": {"P": facts}})


def test_an_unknown_key_is_named_with_the_known_ones() -> None:
    said = parameter_refusal({"type": "int", "acces": "readWrite"})
    assert said.startswith(f"a.json: {PATH}P: acces: not known; allowed: type, list, min, max,")
    assert object_refusal({"writable": True}).startswith(f"a.json: {PATH}: writable: not known; allowed: access, ")
    assert refusal(name="x") == ("a.json: name: not known; allowed: schema, model, spec, types, objects, profiles")


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "type: missing; allowed: base64, boolean"),
        (7, "an object with some of: type"),
        ({"type": "a b"}, "type: 'a b' is not right; allowed: base64"),
        ({"type": "int", "access": "rw"}, "access: 'rw' is not right; allowed: readOnly, readWrite, writeOnceReadOnly"),
        ({"type": "int", "min": "0"}, "min: '0' is not right; allowed: an integer"),
        ({"type": "int", "min": True}, "allowed: an integer"),
        ({"type": "int", "ranges": [{"low": 1}]}, "low: not known; allowed: min, max, step"),
        ({"type": "int", "ranges": []}, 'allowed: a list of {"min", "max", "step"}'),
        ({"type": "string", "maxLength": -1}, "allowed: an integer, 0 or more"),
        ({"type": "string", "patterns": ["("]}, "allowed: a pattern of XML Schema ('('"),
        ({"type": "string", "patterns": [7]}, "allowed: a pattern of XML Schema"),
        ({"type": "string", "enumeration": [{"text": "A"}]}, "text: not known; allowed: value, optional"),
        ({"type": "string", "list": {"maximum": 1}}, "maximum: not known; allowed: minItems, maxItems"),
        ({"type": "string", "reference": {"refType": "firm"}}, "allowed: strong, weak"),
        ({"type": "string", "reference": {"targets": "Device."}}, "allowed: a list of texts"),
        ({"type": "int", "default": 7}, "default: 7 is not right; allowed: a text"),
        ({"type": "int", "defaultType": "factory"}, "defaultType: there is no default"),
        ({"type": "int", "secured": "yes"}, "allowed: true or false"),
        ({"type": "int", "activeNotify": "always"}, "allowed: normal, forceEnabled, forceDefaultEnabled, canDeny"),
        ({"type": "int", "status": "old"}, "allowed: current, deprecated, obsoleted, deleted"),
    ],
)
def test_a_parameter_out_of_shape_is_refused(facts: Any, said: str) -> None:
    refused = parameter_refusal(facts)
    assert refused.startswith(f"a.json: {PATH}P: ")
    assert said in refused


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({"parameters": {"a b": "int"}}, "'a b': a name of letters, digits, _ and -"),
        ({"commands": {"Go": {}}}, "'Go': a name of letters, digits, _ and -, then ()"),
        ({"commands": {"Go()": {"input": {"A": "int"}}}}, "Go(): input: A: not known; allowed: parameters, objects"),
        ({"commands": {"Go()": {"output": {"parameters": {"A": {}}}}}}, "Go(): output: A: type: missing"),
        ({"events": {"Push": {}}}, "then !"),
        ({"events": {"Push!": {"objects": {"R.{i}.": {"parameters": {"A": {}}}}}}}, "Push!: R.{i}.A: type: missing"),
        ({"uniqueKeys": ["Alias"]}, 'allowed: a list of keys, each a list of parameter names: [["Interface"'),
        ({"minEntries": 1.5}, "allowed: an integer, 0 or more"),
    ],
)
def test_an_object_out_of_shape_is_refused(facts: Any, said: str) -> None:
    assert said in object_refusal(facts)


def test_the_path_of_an_object_has_a_form() -> None:
    assert "an object's path is names with a dot after each" in object_refusal({}, "Device.X_A")
    assert "an object's path is names with a dot after each" in object_refusal({}, "Device.1.")
    assert "only a table" in object_refusal({"access": "readWrite"}, "Device.X_A.")
    check_object("", {"parameters": {"P": "int"}}, "a.json")


def test_a_document_has_a_version_and_objects() -> None:
    assert "schema: this program reads version 1, not 2" in refusal(schema=2)
    with pytest.raises(SchemaError, match="objects: missing"):
        check_document({"schema": 1}, "a.json")
    with pytest.raises(SchemaError, match=r"a\.json: an object with some of"):
        check_document([], "a.json")  # type: ignore[arg-type]


def test_a_named_type_has_a_name_of_its_own_and_ends_in_a_base_type() -> None:
    assert "types: int: a name of letters" in refusal(types={"int": "string"})
    assert "types: A: type: missing" in refusal(types={"A": {"min": 0}})
    assert "types: A: it is based on itself" in refusal(types={"A": "B", "B": {"type": "A"}})


def test_a_profile_out_of_shape_is_refused() -> None:
    assert "profile P:1: needs: not known; allowed: base, extends, objects" in refusal(profiles={"P:1": {"needs": []}})
    assert "profile P:1: Device.: parameters: not known; allowed: requirement, readOnly" in refusal(
        profiles={"P:1": {"objects": {"Device.": {"parameters": []}}}}
    )
    check_profile("P:1", {"extends": ["Q:1"], "objects": {"Device.": {"readOnly": ["A"]}}}, "a.json")
