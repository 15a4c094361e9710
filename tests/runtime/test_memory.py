"""What was freed is no longer resident."""

import gc
from collections.abc import Callable
from dataclasses import FrozenInstanceError, dataclass, field, fields
from pathlib import Path
from typing import Any

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

    memory.slim_data_classes()
    there = [one for one in gc.get_objects() if isinstance(one, type) and one.__qualname__ == Measured.__qualname__]
    assert there == [Measured]
    with pytest.raises(FrozenInstanceError):
        Measured().value = 1  # type: ignore[misc]
    with pytest.raises(FrozenInstanceError):
        Measured().other = 1  # type: ignore[attr-defined]


def test_data_classes_that_share_their_methods_do_as_before() -> None:
    @dataclass(frozen=True)
    class Point:
        x: Any
        y: int = 0
        hidden: str = field(default="h", repr=False)
        note: str = field(default="", compare=False)

    @dataclass(frozen=True)
    class Named(Point):
        name: str = "a"

    class Plain(Named):
        """No data class itself."""

    @dataclass(frozen=True, slots=True)
    class Slotted:
        x: int
        y: int = 0

    @dataclass
    class Open:
        value: Any = None

    @dataclass
    class Nothing:
        pass

    @dataclass(frozen=True)
    class Written:
        value: int = 0

        def __repr__(self) -> str:
            return "written"

        def __hash__(self) -> int:
            return 1

        def __eq__(self, other: object) -> bool:
            return True

    itself = Open()
    itself.value = [itself]
    points = [Point(1), Point(1, 2), Point(1, note="n"), Point(1, hidden="i"), Named(1), Plain(1), Slotted(1)]
    ones = [*points, Slotted(1, 2), Open(), Open(3), Nothing(), Written()]

    def vary(one: Any) -> Any:
        return points[0] if isinstance(one, Slotted) else one  # theirs is another error in Python 3.11

    changes: list[Callable[[Any], object]] = [
        lambda one: setattr(one, "x", 5),
        lambda one: delattr(one, "y"),
        lambda one: setattr(vary(one), "more", 5),
        lambda one: delattr(vary(one), "absent"),
        hash,
    ]

    def behaviour() -> list[object]:
        found: list[object] = [repr(each) for each in [*ones, itself, [field.name for field in fields(Named)]]]
        found += [one == other for one in ones for other in ones]
        found += [hash(one) == hash(other) for one in points for other in points]
        for each in ones:
            for change in changes:
                try:
                    change(each)
                    found.append(None)
                except (AttributeError, TypeError) as error:
                    found.append((type(error), str(error)))
        return found

    own = [vars(Written)[name] for name in ("__repr__", "__eq__", "__hash__")]
    behaviour()  # what can be changed is
    before = behaviour()
    for _ in range(2):  # again, when more has been loaded
        memory.slim_data_classes()
        assert behaviour() == before
    assert vars(Point)["__repr__"] is vars(Named)["__repr__"] is vars(Slotted)["__repr__"]
    assert vars(Point)["__setattr__"] is vars(Named)["__setattr__"] is vars(Slotted)["__setattr__"]
    assert vars(Point)["__eq__"].__code__ is vars(Open)["__eq__"].__code__
    assert [vars(Written)[name] for name in ("__repr__", "__eq__", "__hash__")] == own
