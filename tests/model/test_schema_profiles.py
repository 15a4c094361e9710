"""A profile demands what it says and what those that it is based on say."""

from typing import Any

import pytest

from agent.model.schema import Schema, SchemaError
from agent.model.schema_document import Document
from agent.model.schema_profiles import profile_entry
from tests.schemas import shipped_schema


def extension(objects: dict[str, Any], **more: Any) -> Schema:
    return Schema.from_document({"schema": 1, "objects": objects, **more}, "acme.json")


def test_a_profile_demands_what_those_it_is_based_on_demand_and_the_greater_demand_counts() -> None:
    profile = shipped_schema().profiles["IPInterface:2"]
    assert profile.version == "2.2"
    interface = profile.objects["Device.IP.Interface.{i}."]
    assert interface.requirement == "createDelete"
    assert interface.parameters["IPv4Enable"] == "readWrite"  # its own
    assert interface.parameters["Status"] == "readOnly"  # of IPInterface:1
    made = Schema.from_document(
        {
            "schema": 1,
            "objects": {"Device.": {}},
            "profiles": {
                "A:1": {"objects": {"Device.": {"requirement": "createDelete", "readOnly": ["P"]}}},
                "B:1": {"objects": {"Device.": {"readWrite": ["P"]}}},
                "A:2": {"base": "A:1", "extends": ["B:1"], "objects": {"Device.": {"readOnly": ["P", "Q"]}}},
            },
        }
    ).profiles["A:2"]
    assert made.objects["Device."].requirement == "createDelete"
    assert made.objects["Device."].parameters == {"P": "readWrite", "Q": "readOnly"}


def test_a_profile_that_contains_itself_or_an_unknown_one_is_refused() -> None:
    profiles = {"A:1": {"base": "B:1"}, "B:1": {"extends": ["A:1"]}, "C:1": {"base": "Z:9"}}
    schema = extension({"Device.": {}}, profiles=profiles)
    for name in ("A:1", "C:1"):
        with pytest.raises(SchemaError, match="not defined, or contains itself"):
            schema.profile(name)
    assert schema.profile("D:1") is None


def test_a_base_may_stand_in_another_document() -> None:
    ours = {"schema": 1, "objects": {"Device.": {}}, "profiles": {"X:1": {"base": "B:1"}}}
    theirs = {
        "schema": 1,
        "objects": {"Device.": {}},
        "profiles": {"B:1": {"objects": {"Device.": {"readOnly": ["P"]}}}},
    }
    documents = [Document.checked(facts, "a.json", "") for facts in (ours, theirs)]
    profile = profile_entry("X:1", documents[0], "X:1", documents)
    assert profile.objects["Device."].parameters == {"P": "readOnly"}
