"""The configuration file: what was written is read, and what was changed or is of another kind is not."""

import json
import tracemalloc

import pytest

from agent.model.configuration import Configuration
from agent.vendor_files.document import LARGEST, MOST, Backup, NotUsable, read, written

BACKUP = Backup(
    Configuration({"own": {"a": {"value": "é\n"}}}, {"Device.X.": {"next": 2, "rows": {}}}, {"notification": {}}),
    {"system": "linux", "made": "2026-11-22T18:00:00Z"},
    "sealed",
    {"by": "device", "key": "00"},
    {"luci": "config core 'main'\n"},
)


def test_what_was_written_is_read() -> None:
    assert read(written(BACKUP)) == BACKUP
    assert read(json.dumps(json.loads(written(BACKUP))).encode()) == BACKUP  # whoever formats it anew changes nothing


def test_every_changed_byte_shows() -> None:
    content = written(BACKUP)
    for place in range(0, len(content) - 1, 3):
        broken = content[:place] + bytes([content[place] ^ 1]) + content[place + 1 :]
        with pytest.raises(NotUsable):
            read(broken)


@pytest.mark.parametrize("kept", [0, 1, 100, -3])
def test_a_file_that_was_cut_off_is_refused(kept: int) -> None:
    with pytest.raises(NotUsable):
        read(written(BACKUP)[:kept])


@pytest.mark.parametrize(
    "content",
    [b"", b"[]", b"3", b"{}", b"\xff\xfe", b'{"format": "other"}', b'{"a": 1, "a": 2}', b"[" * 100_000,
     b" " * (LARGEST + 1), b'{"format": NaN}', b'"\\ud800"'],
)  # fmt: skip
def test_what_is_no_such_file_is_refused_with_a_reason(content: bytes) -> None:
    with pytest.raises(NotUsable, match="it "):
        read(content)


def test_a_file_of_a_newer_agent_says_so() -> None:
    from agent.vendor_files.document import _digest  # as that agent would make it

    said = json.loads(written(BACKUP)) | {"version": 9}
    del said["digest"]
    with pytest.raises(NotUsable, match="newer agent"):
        read(json.dumps(said | {"digest": _digest(said)}).encode())


def test_two_files_that_say_the_same_have_the_same_digest() -> None:
    other = Backup(BACKUP.configuration, {"made": "later"}, uci=BACKUP.uci)
    assert other.digest == BACKUP.digest
    assert Backup(Configuration({"own": {}})).digest != BACKUP.digest


@pytest.mark.parametrize("more", [b"{},", b"[],", b"1,", b'{"a":[{}]},', b"{{{[[["])
def test_a_small_file_of_a_great_many_values_is_refused_before_it_is_parsed(more: bytes) -> None:
    content = b'{"a":[' + more * (900_000 // len(more)) + b"{}]}"
    tracemalloc.start()
    try:
        with pytest.raises(NotUsable, match="values"):
            read(content)
        assert tracemalloc.get_traced_memory()[1] < 100_000
    finally:
        tracemalloc.stop()


@pytest.mark.slow
def test_the_largest_file_that_is_parsed_is_read_within_twenty_megabytes() -> None:
    own = {f"value{number}": {"value": "x" * 20} for number in range(MOST // 2 - 10)}
    content = json.dumps(json.loads(written(Backup(Configuration({"own": own})))), separators=(",", ":")).encode()
    assert LARGEST // 2 < len(content) <= LARGEST
    tracemalloc.start()
    try:
        assert read(content).configuration.backends["own"] == own
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()
