"""Refused log-ins of a minute are one entry of the history."""

from dataclasses import dataclass

from agent.runtime.refusals import LOOK_EVERY, RefusedLogins


@dataclass
class Last:
    source: str = "192.0.2.9"
    reason: str = "wrong password"


@dataclass
class Listener:
    refused: int = 0
    last_refusal: Last | None = None


class Bench:
    def __init__(self) -> None:
        self.listener: Listener | None = Listener()
        self.noted: list[tuple[str, str]] = []
        self.chore = RefusedLogins(lambda: self.listener, self.note, "fault")

    def note(self, source: str, text: str) -> bool:
        self.noted.append((source, text))
        return True


def test_nothing_refused_is_nothing_to_tell() -> None:
    bench = Bench()
    assert bench.chore.act(100.0) == frozenset()
    assert bench.chore.due(0) == 100.0 + LOOK_EVERY
    bench.listener = None
    assert bench.chore.act(200.0) == frozenset()
    assert bench.noted == []


def test_what_was_refused_since_the_last_look_is_one_entry() -> None:
    bench = Bench()
    bench.listener = Listener(3, Last())
    assert bench.chore.act(60.0) == {"fault"}
    assert bench.chore.act(120.0) == frozenset()
    bench.listener.refused = 4
    assert bench.chore.act(180.0) == {"fault"}
    assert bench.noted == [
        ("192.0.2.9", "connection request refused: wrong password (3 times)"),
        ("192.0.2.9", "connection request refused: wrong password"),
    ]


def test_another_listener_counts_anew() -> None:
    bench = Bench()
    bench.listener = Listener(5, Last())
    bench.chore.act(60.0)
    bench.listener = Listener(2, Last())
    assert bench.chore.act(120.0) == {"fault"}
    assert "(2 times)" in bench.noted[-1][1]
