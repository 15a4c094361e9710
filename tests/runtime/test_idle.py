"""Whether anybody uses the network, by what the links have carried."""

from agent.runtime.idle import LONGEST, QUIET, SHORTEST, Idle


class Links:
    def __init__(self) -> None:
        self.now, self.carried, self.readings = 0.0, 0, 0
        self.is_idle = Idle(self.read, lambda: self.now)

    def read(self) -> int:
        self.readings += 1
        return self.carried

    def after(self, seconds: float, octets: int) -> bool:
        self.now += seconds
        self.carried += octets
        return self.is_idle()


def test_little_traffic_is_idle_and_much_is_not() -> None:
    links = Links()
    assert not links.after(0, 0), "there is nothing to compare with"
    assert links.after(20, int(QUIET * 19))
    assert not links.after(20, int(QUIET * 21))


def test_it_reads_now_and_then_and_does_not_compare_with_long_ago() -> None:
    links = Links()
    links.after(0, 0)
    assert links.after(20, 0)
    assert links.after(SHORTEST / 2, 10**9), "asked again at once it says the same"
    assert links.readings == 2
    assert not links.after(LONGEST + 20, 0)


def test_counters_that_begin_anew_say_nothing() -> None:
    links = Links()
    links.after(0, 10**9)
    assert not links.after(20, -(10**9))
