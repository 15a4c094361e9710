"""The schema's text is JSON for everyone, and lines for the reader that is in a hurry."""

import json

import pytest

from agent.model import schema_text

DOCUMENT = {
    "schema": 1,
    "model": "Device:2.1",
    "types": {"T": {"type": "int"}},
    "objects": {
        "": {},
        "Device.": {"parameters": {"Ümlaut\n": "int", "objects": {"type": "string", "default": '"},\n'}}},
        "Device.A.{i}.": {"parameters": {"B": {"type": "string", "hidden": True}}},
    },
    "profiles": {"P:1": {"version": "2.1"}},
}


def test_what_is_written_is_json_and_keeps_the_order() -> None:
    text = schema_text.write(DOCUMENT)
    assert json.loads(text) == DOCUMENT
    assert list(json.loads(text)["objects"]) == list(DOCUMENT["objects"])  # type: ignore[call-overload]
    assert text.isascii()


@pytest.mark.parametrize("left_out", [(), ("profiles",), ("objects",), ("objects", "profiles")])
def test_what_is_written_is_read_again(left_out: tuple[str, ...]) -> None:
    document = {key: value for key, value in DOCUMENT.items() if key not in left_out}
    read = schema_text.read(schema_text.write(document))
    assert {
        key: dict(value) if isinstance(value, schema_text.Lines) else value for key, value in read.items()
    } == document


def test_members_are_decoded_when_asked_for() -> None:
    lines = schema_text.read(schema_text.write(DOCUMENT))["objects"]
    assert isinstance(lines, schema_text.Lines)
    assert len(lines) == 3
    assert "Device." in lines
    assert "Device.B." not in lines
    assert lines["Device.A.{i}."] == {"parameters": {"B": {"type": "string", "hidden": True}}}
    with pytest.raises(KeyError):
        lines["Device.B."]
    assert [name for name, _ in lines.naming("hidden", "secured")] == ["Device.A.{i}."]


def test_members_longer_than_a_piece_and_across_pieces_are_read_in_any_order() -> None:
    sizes = [1, schema_text.PIECE - 60, schema_text.PIECE, 5, 3 * schema_text.PIECE + 1, 7]
    objects = {f"Device.{number}.": {"text": "x" * size + str(number)} for number, size in enumerate(sizes)}
    lines = schema_text.read(schema_text.write({"schema": 1, "objects": objects}))["objects"]
    for name in [*objects, *reversed(objects), *sorted(objects, key=lambda name: len(objects[name]["text"]))]:
        assert lines[name] == objects[name]
    assert dict(lines.naming("text")) == objects


@pytest.mark.parametrize("indent", [None, 0, 1])
def test_json_in_another_layout_is_read_whole(indent: int | None) -> None:
    assert schema_text.read(json.dumps(DOCUMENT, indent=indent).encode()) == DOCUMENT


@pytest.mark.parametrize("text", [b"", b"[]", b"7", b"{", b'{"schema":1,\n"objects":{\n"Device.":{}\n'])
def test_what_is_no_document_is_refused(text: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        schema_text.read(text)


def test_lines_that_only_look_like_members_are_read_as_json() -> None:
    text = b'{"schema":1,\n"objects":{\n"A.":\n{}\n}}\n'
    assert schema_text.read(text) == {"schema": 1, "objects": {"A.": {}}}
