"""The event history: lines in memory, bounded, numbered on over a restart, without secrets."""

import json
import logging
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from agent.runtime.history import BYTES, FILE, History


@dataclass(frozen=True)
class Noted:
    text: str
    kind: str = "transfer"
    about: str = ""
    time: float | None = 1_800_000_000.5
    fields: Mapping[str, Any] = field(default_factory=dict)
    perceived_severity: str = "Minor"


def masked(text: str) -> str:
    return text.replace("correct horse", "******")


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "made", masked)


def texts(history: History, after: int = 0) -> list[str]:
    return [one["text"] for one in history.entries(after)]


def test_what_was_noted_is_a_line_with_its_fields(history: History) -> None:
    assert history.is_new()
    history.noted(Noted("downloaded", about="1 Firmware", fields={"command_key": "k1", "code": 0}))
    [entry] = history.entries()
    assert entry.pop("uptime") > 0
    assert entry == {
        "n": 1,
        "at": "2027-01-15T08:00:00.500Z",
        "kind": "transfer",
        "severity": "Minor",
        "about": "1 Firmware",
        "text": "downloaded",
        "fields": {"command_key": "k1", "code": 0},
    }
    assert json.loads(history.content()) | {"uptime": 0} == entry | {"uptime": 0}
    assert history.path.stat().st_mode & 0o777 == 0o600


def test_numbers_go_on_after_a_restart_and_what_was_kept_over_a_boot_comes_first(tmp_path: Path) -> None:
    first = History(tmp_path, masked)
    first.remember([Noted("of before the boot")])
    first.noted(Noted("one"))
    second = History(tmp_path, masked)
    assert not second.is_new()
    second.noted(Noted("two"))
    assert [(one["n"], one["text"]) for one in second.entries()] == [(1, "of before the boot"), (2, "one"), (3, "two")]
    assert texts(second, after=2) == ["two"]
    assert texts(second, after=3) == []


def test_secrets_are_masked_in_texts_and_fields(history: History) -> None:
    history.noted(Noted("said correct horse", about="correct horse", fields={"url": "x correct horse y", "n": 1}))
    assert "correct horse" not in history.path.read_text()


def test_the_files_are_bounded_and_the_last_ones_are_there(tmp_path: Path) -> None:
    history = History(tmp_path, masked)
    for number in range(3_000):
        history.noted(Noted(f"event {number} {'x' * 200}"))
    assert sum(one.stat().st_size for one in tmp_path.iterdir()) <= 2 * BYTES
    numbers = [one["n"] for one in history.entries(0, 10_000)]
    assert numbers == list(range(numbers[0], 3_001))
    assert len(numbers) > 800
    assert [one["n"] for one in history.entries(2_990)] == list(range(2_991, 3_001))
    assert History(tmp_path, masked).entries(2_999)[0]["n"] == 3_000


def test_a_line_that_was_cut_is_passed_over(history: History) -> None:
    history.noted(Noted("one"))
    with history.path.open("ab") as file:
        file.write(b'{"n": 2, "te')
    assert texts(history) == ["one"]


@pytest.mark.parametrize(
    "damaged", [{"kind": ["x"]}, {"text": None}, {"at": 5}, {"about": None}, {"fields": None}, {"n": "70"}]
)
def test_a_line_that_is_no_entry_is_passed_over(history: History, damaged: dict[str, object]) -> None:
    history.noted(Noted("one"))
    [entry] = history.entries()
    with history.path.open("a") as file:
        file.write(f'7\n{{"n": 70}}\n{json.dumps(entry | {"n": 71} | damaged)}\n')
    assert texts(history) == ["one"]


def test_a_place_that_others_prepared_is_not_written_to(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    place = tmp_path / "shared"
    place.mkdir()
    place.chmod(0o777)
    history = History(place, masked)
    history.noted(Noted("one"))
    history.noted(Noted("two"))
    assert not (place / FILE).exists()
    assert [one for one in caplog.messages if "cannot be kept" in one] == [caplog.messages[0]]


def test_whoever_writes_fields_hears_of_each_event_at_its_level(
    history: History, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.DEBUG):
        history.noted(Noted("broken"))
        history.noted(Noted("fine", perceived_severity="Indeterminate"))
    assert [(one.levelno, one.event["n"]) for one in caplog.records] == [(logging.WARNING, 1), (logging.INFO, 2)]  # type: ignore[attr-defined]
