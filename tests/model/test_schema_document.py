"""A document knows where its paths finally stand, and which types it borrows."""

from typing import Any

import pytest

from agent.model import schema_text
from agent.model.schema_document import Document
from agent.model.schema_shape import SchemaError

FACTS: dict[str, Any] = {
    "schema": 1,
    "model": "VoiceService:2.0",
    "types": {"Own": {"type": "Base"}, "Base": "int"},
    "objects": {
        "": {"parameters": {"VoiceServiceNumberOfEntries": "unsignedInt"}},
        "VoiceService.{i}.": {
            "parameters": {"A": "Own", "B": {"type": "Theirs", "hidden": True}},
            "commands": {"Go()": {"input": {"parameters": {"C": "Sent"}}}},
            "events": {"Done!": {"objects": {"R.{i}.": {"parameters": {"D": "Told"}}}}},
        },
    },
}


def test_paths_are_placed_below_the_mount() -> None:
    mounted, alone = (Document.checked(FACTS, "a.json", mount) for mount in ("Device.Services.", ""))
    assert mounted.root == "VoiceService."
    assert mounted.place("VoiceService.{i}.") == "Device.Services.VoiceService.{i}."
    assert mounted.place("") == "Device.Services."
    assert mounted.place("Device.IP.") == "Device.IP."
    assert mounted.place("^.Services.STBService.{i}.") == "Device.Services.STBService.{i}."
    assert alone.place("VoiceService.{i}.") == "VoiceService.{i}."
    assert alone.place("^.Services.") == "^.Services."


def test_borrowed_types_are_known_wherever_they_are_used() -> None:
    borrowed = Document.checked(FACTS, "a.json", "").borrowed
    assert borrowed == {
        "Theirs": "a.json: VoiceService.{i}.B",
        "Sent": "a.json: VoiceService.{i}.Go(): input: C",
        "Told": "a.json: VoiceService.{i}.Done!: R.{i}.D",
    }


@pytest.mark.parametrize(
    "document", [Document.checked(FACTS, "", "A."), Document.compiled(schema_text.write(FACTS), "", "A.")]
)
def test_objects_that_may_have_a_key_are_found_by_their_final_path(document: Document) -> None:
    assert "A.VoiceService.{i}." in dict(document.naming("hidden"))
    assert document.objects["VoiceService.{i}."] == FACTS["objects"]["VoiceService.{i}."]


def test_what_was_compiled_is_checked_as_far_as_its_head() -> None:
    with pytest.raises(SchemaError, match="this program reads version 1, not 7"):
        Document.compiled(schema_text.write(FACTS | {"schema": 7}), "", "")
