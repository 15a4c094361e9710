"""RAUC."""

import json
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from backends.errors import MechanismError
from backends.installers.rauc import Rauc
from tests.backends.installers.machines import RaucMachine


def test_the_bundle_s_own_signature_counts_and_its_version_is_told(tmp_path: Path) -> None:
    machine = RaucMachine(tmp_path)
    one = Rauc(machine.given)
    told = one.test(machine.image())
    assert (told.version, told.name, one.is_signed_inside) == ("2.0", "Acme 2", True)


def test_a_bundle_for_another_machine_is_refused(tmp_path: Path) -> None:
    machine = RaucMachine(tmp_path)
    answer = machine.answer

    def other(arguments: list[str], given: str) -> str:
        return json.dumps({"compatible": "other"}) if arguments[1] == "info" else answer(arguments, given)

    machine.answer = other  # type: ignore[method-assign]
    with pytest.raises(MechanismError, match="for 'other', this is 'acme'"):
        Rauc(machine.given).test(machine.image())


def test_who_runs_is_marked_good_and_who_failed_bad(tmp_path: Path) -> None:
    machine = RaucMachine(tmp_path)
    one = Rauc(machine.given)
    assert one.banks() is None
    one.confirm()
    one.boot_next("rootfs.1")
    one.go_back()
    assert [call for call in machine.calls if call[1:] != ("status", "--output-format=json")] == [
        ("rauc", "status", "mark-good"),
        ("rauc", "status", "mark-active", "rootfs.1"),
        ("rauc", "status", "mark-active", "other"),
        ("rauc", "status", "mark-bad", "booted"),
    ]


@pytest.mark.parametrize("told", ["", "[]", "{", '{"slots": [1]}', '{"slots": 5}'])
def test_words_of_rauc_that_are_not_understood_are_no_slots(tmp_path: Path, told: str) -> None:
    machine = RaucMachine(tmp_path)

    def says(arguments: list[str], given: str) -> Any:
        return told

    machine.answer = says  # type: ignore[method-assign]
    with suppress(MechanismError):
        assert not Rauc(machine.given).is_running("rootfs.1")
