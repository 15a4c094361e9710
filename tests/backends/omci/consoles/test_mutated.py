"""Answers that were cut, mixed and spoilt: none of the grammars crashes, hangs or keeps anything."""

import random
import tracemalloc
from collections.abc import Callable

import pytest

from backends.omci.consoles import console, cortina, lantiq, realtek
from backends.omci.consoles.told import NotUnderstood
from tests.backends.omci.consoles.printed import EVERY

NOISE = [
    "\n",
    "=",
    "X" * 33 + "\n",
    "=" * 33 + "\n",
    "[ 12.345678] eth0: link\n",
    "\x1b[0m",
    "\0",
    "é",
    "0x",
    "9" * 40,
    "#ONT>",
]
READERS: list[Callable[[str], object]] = [
    lantiq.entities, lantiq.error_code, lantiq.instances, lantiq.onu_state, lantiq.serial_number, console.cleaned,
    realtek.levels, realtek.onu_state, cortina.onu_state, cortina.onu_id, cortina.serial_number,
    *(lambda text, number=number: realtek.entities(number, text) for number in (84, 171, 263, 340, 500)),
    *(lambda text, number=number: cortina.entities(number, text) for number in (256, 340, 500)),
]  # fmt: skip


def mutated(chance: random.Random) -> str:
    text = chance.choice(EVERY)
    for _ in range(chance.randrange(1, 8)):
        at, to = sorted(chance.randrange(len(text) + 1) for _ in range(2))
        match chance.randrange(4):
            case 0:
                text = text[:at] + text[to:]
            case 1:
                text = text[:at] + chance.choice(NOISE) + text[at:]
            case 2:
                text = text[:at] + chance.choice(EVERY)[: to - at] + text[to:]
            case _:
                text = text[:at] + chr(chance.randrange(128)) + text[at + 1 :]
    return text


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.sweep)])
def test_mutated_answers_crash_nothing_and_leave_nothing_behind(count: int) -> None:
    chance = random.Random(5)
    tracemalloc.start()
    settled = 0
    for number in range(count):
        if number == count // 2:
            settled = tracemalloc.get_traced_memory()[0]
        text = mutated(chance)
        for read in READERS:
            try:
                read(text)
            except NotUnderstood:
                continue
    growth = tracemalloc.get_traced_memory()[0] - settled
    tracemalloc.stop()
    assert growth < 200_000
