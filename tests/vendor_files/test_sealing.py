"""Sealed secrets are opened by the same device, or by whoever knows the passphrase, at their place only."""

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from agent.vendor_files.sealing import (
    KEY_FILE,
    CannotOpen,
    Seal,
    seal_named,
    seal_of_device,
    seal_of_passphrase,
)

SEAL = Seal(b"k" * 32, {"by": "device"})


@given(st.text().filter(lambda text: not text.endswith("\0")), st.text())
def test_what_was_sealed_is_opened_at_its_place(text: str, place: str) -> None:
    assert SEAL.opened(SEAL.sealed(text, place), place) == text


def test_another_place_another_key_and_each_changed_character_are_refused() -> None:
    sealed = SEAL.sealed("correct horse", "/wifi/1")
    assert "correct" not in sealed
    with pytest.raises(CannotOpen):
        SEAL.opened(sealed, "/wifi/2")
    with pytest.raises(CannotOpen):
        Seal(b"x" * 32, {}).opened(sealed, "/wifi/1")
    for place in range(len(sealed)):
        other = "A" if sealed[place] != "A" else "B"
        with pytest.raises(CannotOpen):
            SEAL.opened(sealed[:place] + other + sealed[place + 1 :], "/wifi/1")


def test_one_text_is_sealed_otherwise_each_time_and_does_not_tell_its_length() -> None:
    assert SEAL.sealed("a", "") != SEAL.sealed("a", "")
    assert len(SEAL.sealed("a", "")) == len(SEAL.sealed("a" * 31, ""))


def test_a_device_keeps_its_key_to_itself(tmp_path: Path) -> None:
    first, second = seal_of_device(tmp_path), seal_of_device(tmp_path)
    assert (tmp_path / KEY_FILE).stat().st_mode & 0o777 == 0o600
    assert second.opened(first.sealed("x", ""), "") == "x"
    assert first.name == second.name
    assert seal_named(first.name, "", lambda: second) is second
    (tmp_path / KEY_FILE).write_bytes(b"")
    third = seal_of_device(tmp_path)
    assert seal_named(first.name, "", lambda: third) is None


def test_a_passphrase_opens_on_any_device_and_none_does_not() -> None:
    made = seal_of_passphrase("fleet")
    found = seal_named(made.name, "fleet", lambda: SEAL)
    assert found is not None
    assert found.opened(made.sealed("x", ""), "") == "x"
    other = seal_named(made.name, "other", lambda: SEAL)
    assert other is not None
    with pytest.raises(CannotOpen):
        other.opened(made.sealed("x", ""), "")
    assert seal_named(made.name, "", lambda: SEAL) is None


@pytest.mark.parametrize(
    "name",
    [
        None,
        {},
        {"by": "passphrase"},
        {"by": "passphrase", "salt": "AAAAAAAAAAAAAAAA", "cost": 2**30},
        {"by": "passphrase", "salt": "AAAAAAAAAAAAAAAA", "cost": 3},
        {"by": "passphrase", "salt": "AA", "cost": 16},
        {"by": "passphrase", "salt": "!", "cost": 16},
        {"by": "nobody"},
    ],
)
def test_a_file_cannot_ask_for_what_is_no_seal(name: Any) -> None:
    with pytest.raises(ValueError, match=r".+"):
        seal_named(name, "fleet", lambda: SEAL)
