"""What was freed is no longer resident."""

import gc
from dataclasses import FrozenInstanceError, dataclass
from pathlib import Path

import pytest

from agent.runtime import memory


def resident() -> int:
    """Pages of the process in memory, in kB."""
    return int(Path("/proc/self/statm").read_text().split()[1]) * 4


def test_what_was_freed_amid_what_is_kept_is_given_back() -> None:
    blocks = [bytes(50_000) + bytes([number % 256]) for number in range(1000)]
    kept = blocks[::10]
    blocks.clear()
    before = resident()
    memory.give_back()
    assert before - resident() > 30_000
    assert len(kept) == 100


def test_cycles_go_too() -> None:
    class Node:
        count = 0

        def __init__(self) -> None:
            self.itself = self
            Node.count += 1

        def __del__(self) -> None:
            Node.count -= 1

    for _ in range(10):
        Node()
    memory.give_back()
    assert Node.count == 0


def test_a_library_that_cannot_is_left_in_peace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("agent.runtime.memory.ctypes.CDLL", lambda _: object())
    memory.give_back()


def test_the_class_that_one_with_slots_stands_in_for_goes() -> None:
    @dataclass(frozen=True, slots=True)
    class Measured:
        value: int = 0

    memory.forget_replaced_classes()
    there = [one for one in gc.get_objects() if isinstance(one, type) and one.__qualname__ == Measured.__qualname__]
    assert there == [Measured]
    with pytest.raises(FrozenInstanceError):
        Measured().value = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Measured().other = 1  # type: ignore[attr-defined]
