"""Samples are taken while somebody watches, and only then."""

from itertools import count

from agent.runtime.live import EVERY, KEPT, MOST_INTERFACES, WATCHED_FOR, Live, Load


class Machine:
    def __init__(self) -> None:
        self.now = 100.0
        self.reads = 0
        self.ticks = count(1)

    def read(self) -> Load:
        self.reads += 1
        busy = next(self.ticks)
        interfaces = {f"eth{number}": (busy, 2 * busy) for number in range(40)}
        return Load((busy, 0, 3 * busy), 0.25, interfaces, {"02:00:00:00:00:01": (-50, "home")}, 1.5)

    def live(self) -> Live:
        return Live(self.read, lambda: (self.now, 1000.0 + self.now))


def test_nothing_is_read_while_nobody_watches() -> None:
    machine = Machine()
    assert machine.live().due(machine.now) is None
    assert machine.reads == 0


def test_who_asks_gets_a_sample_at_once_and_one_each_two_seconds() -> None:
    machine = Machine()
    live = machine.live()
    (first,) = live.samples(0)["samples"]
    assert first["cpu"] is None
    assert first["memory"] == 0.25
    assert first["latency_ms"] == 1.5
    assert first["interfaces"]["eth0"] == {"rx_bytes": 1, "tx_bytes": 2}
    assert len(first["interfaces"]) == MOST_INTERFACES
    assert first["stations"] == {"02:00:00:00:00:01": {"signal_dbm": -50, "ssid": "home"}}
    assert live.due(machine.now) == machine.now + EVERY
    machine.now += EVERY
    assert live.act(machine.now) == frozenset()
    (second,) = live.samples(first["n"])["samples"]
    assert second["cpu"] == 0.25


def test_it_stops_when_nobody_asks_any_more_and_begins_anew() -> None:
    machine = Machine()
    live = machine.live()
    live.samples(0)
    machine.now += WATCHED_FOR
    assert live.due(machine.now) is None
    (only,) = live.samples(0)["samples"]
    assert (only["n"], only["cpu"]) == (2, None)


def test_a_bounded_number_is_kept() -> None:
    machine = Machine()
    live = machine.live()
    for _ in range(KEPT + 50):
        machine.now += EVERY
        live.samples(0)
    assert len(live.samples(0)["samples"]) == KEPT
