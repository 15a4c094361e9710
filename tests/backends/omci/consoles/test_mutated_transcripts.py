"""Consoles that go wrong within a session: whatever is lost, doubled or mixed in, a driver ends, and keeps nothing."""

import random
import tracemalloc

import pytest

from agent.lab.onu_console import OnuConsole
from agent.lab.onu_mib import Mib
from backends.errors import MechanismError
from backends.omci.consoles.console import Console, LogIn
from backends.omci.consoles.drivers import DRIVERS, Driver
from backends.omci.consoles.told import NotUnderstood

NOISE = [
    b"\r\n", b"\x1b[31m", b"\x1b[", b"\x1b]0;t\x07", b"[   12.345678] eth0: up\r\n", b"login: ", b"Password: ", b"# ",
    b"#ONT>", b"__END_1_0__", b"__BEGIN_1__", b"errorcode=0\r\n", b"=" * 33 + b"\r\n", b"X" * 33, b"\0" * 9,
    b"\xff\xfe",
]  # fmt: skip


class Mutated:
    """A line to a lab console that spoils what it says. Its clock runs when somebody waits."""

    def __init__(self, far: OnuConsole, chance: random.Random) -> None:
        self.now = 0.0
        self._far, self._chance = far, chance
        self._said = b""

    def write(self, octets: bytes) -> None:
        self._said += self._spoilt(self._far.feed(octets))

    def read(self, seconds: float) -> bytes:
        if not self._said:
            self.now += max(seconds, 0.001)
            return b""
        self.now += 0.001
        count = self._chance.randrange(1, 3000)
        octets, self._said = self._said[:count], self._said[count:]
        return octets

    def forget(self) -> None:
        self._said = b""

    def _spoilt(self, said: bytes) -> bytes:
        chance = self._chance
        if chance.random() < 0.4:
            return said
        for _ in range(chance.randrange(1, 4)):
            at, to = sorted(chance.randrange(len(said) + 1) for _ in range(2))
            match chance.randrange(5):
                case 0:
                    said = said[:at] + said[to:]
                case 1:
                    said = said[:at] + chance.choice(NOISE) + said[at:]
                case 2:
                    said = said[:to] + said[at:to] + said[to:]
                case 3:
                    said = said[:at] + bytes([chance.randrange(256)]) + said[at + 1 :]
                case _:
                    said = said[:at]
        return said


def session(chance: random.Random, mib: Mib) -> str:
    """A session with a family by chance; how it ended."""
    family = chance.choice(sorted(DRIVERS))
    secret = chance.choice(["", "x"])
    noise = chance.choice([0, 200])
    far = OnuConsole(family, mib, user="root" if secret else "", password=secret, noise_every=noise, has_colours=True)
    line = Mutated(far, chance)
    made: Driver = DRIVERS[family](line, LogIn("root", "x"))
    made._console = Console(line, made.dialect, LogIn("root", "x"), clock=lambda: line.now)  # type: ignore[attr-defined]
    try:
        made.get(*chance.choice([(263, 0x8001), (340, 0x0E01), (256, 0), (137, 9)]))
        made.onu_state()
        made.leave()
    except (MechanismError, NotUnderstood) as error:
        return type(error).__name__
    finally:
        assert line.now < 120, "it waits for ever"
    return "good"


@pytest.mark.parametrize("count", [100, pytest.param(10_000, marks=pytest.mark.sweep)])
def test_mutated_sessions_end_and_leave_nothing_behind(count: int) -> None:
    chance = random.Random(6)
    mib = Mib(0.0)
    ends = [session(chance, mib) for _ in range(count * 4 // 5)]
    tracemalloc.start()
    settled = tracemalloc.get_traced_memory()[0]
    ends += [session(chance, mib) for _ in range(count // 5)]
    growth = tracemalloc.get_traced_memory()[0] - settled
    tracemalloc.stop()
    assert growth < 200_000
    assert "good" in ends
    assert len(set(ends)) >= 3
