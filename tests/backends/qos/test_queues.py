"""From queues and shapers to classes: who may borrow first, how much, and where packets with which marks go."""

from backends.qos.queues import LEAST, LEAST_BUFFER, PER_QUEUE, REST, WHOLE, bits, buffer_of, plan
from backends.qos.records import Defaults, Queue, Shaper
from tests.backends.firewall.conftest import LAN, WAN, surroundings, wanted

GIGABIT = 1_000_000_000
AROUND = surroundings()


def test_a_shapers_rate_is_the_links_and_without_one_it_is_the_links_speed() -> None:
    shaped = plan(wanted(Shaper(enable=True, interface=WAN, rate=8_000_000)), AROUND, lambda _: GIGABIT, ())
    assert shaped.queues["wan0"].classes[WHOLE].rate == 1_000_000
    free = plan(wanted(Queue(enable=True, interface=WAN)), AROUND, lambda _: GIGABIT, ())
    assert free.queues["wan0"].classes[WHOLE].rate == GIGABIT // 8


def test_links_without_queues_stay_as_they_are() -> None:
    made = plan(wanted(Queue(enable=True, interface=WAN), Queue(interface=LAN)), AROUND, lambda _: 0, ())
    assert set(made.queues) == {"wan0"}


def test_precedence_says_who_borrows_first_and_weight_how_much_at_a_time() -> None:
    made = plan(
        wanted(
            Queue(enable=True, interface=WAN, precedence=5, weight=10),
            Queue(enable=True, interface=WAN, precedence=5, weight=40),
            Queue(enable=True, interface=WAN, precedence=2),
        ),
        AROUND,
        lambda _: GIGABIT,
        (),
    )
    classes = made.queues["wan0"].classes
    light, heavy, first = (classes[made.minors[key, "wan0"]] for key in ("+1", "+2", "+3"))
    assert (first.priority, light.priority, heavy.priority) == (0, 1, 1)
    assert heavy.quantum == 4 * light.quantum
    assert light.rate == heavy.rate == LEAST


def test_the_default_queue_takes_what_no_classification_named() -> None:
    records = {"q": Queue(enable=True, interface=WAN), "settings": Defaults(queue="q")}
    made = plan(wanted(**records), AROUND, lambda _: GIGABIT, ())
    assert made.queues["wan0"].default == made.minors["q", "wan0"]
    assert plan(wanted(q=Queue(enable=True, interface=WAN)), AROUND, lambda _: 0, ()).queues["wan0"].default == REST


def test_with_802_1p_marks_each_has_a_leaf_of_its_own() -> None:
    made = plan(wanted(q=Queue(enable=True, interface=WAN, traffic_classes=(3,))), AROUND, lambda _: 0, {5, 0})
    minor = made.minors["q", "wan0"]
    leaves = {one.priority: one.minor for one in made.exits}
    assert set(leaves) == {None, 0, 5}
    assert len(set(leaves.values())) == 3
    classes = made.queues["wan0"].classes
    assert all(classes[leaf].parent == minor and leaf // PER_QUEUE == minor // PER_QUEUE for leaf in leaves.values())
    assert minor not in made.queues["wan0"].buffers


def test_a_queue_on_all_interfaces_is_on_each_managed_one() -> None:
    made = plan(wanted(q=Queue(enable=True, all_interfaces=True)), AROUND, lambda _: 0, ())
    assert set(made.queues) == {"wan0", "lan0"}


def test_rates_are_shares_up_to_a_hundred() -> None:
    assert [bits(rate, 8_000) for rate in (-1, 0, 50, 100, 101, 9_000)] == [8_000, 0, 4_000, 8_000, 101, 8_000]


def test_what_waits_in_a_queue_is_of_the_rate_that_it_can_have() -> None:
    def limit(rate: int, shaped: int = -1) -> int:
        records = (Queue(enable=True, interface=WAN, rate=rate), Shaper(enable=True, interface=WAN, rate=shaped))
        made = plan(wanted(*records), AROUND, lambda _: 10 * GIGABIT, ())
        return made.queues["wan0"].buffers[made.minors["+1", "wan0"]].limit

    assert limit(-1) == 62_500_000
    assert limit(100_000_000) == limit(1) == limit(-1, shaped=100_000_000) == 625_000
    assert limit(200_000_000, shaped=100_000_000) == 625_000
    assert limit(1_000_000) == LEAST_BUFFER


def test_random_early_detection_begins_at_its_threshold() -> None:
    drop_tail = buffer_of(Queue(red_percentage=10), 1_000_000)
    assert drop_tail.red_percent == 0
    red = buffer_of(Queue(drop="RED", red_threshold=20, red_percentage=10), 1_000_000)
    assert (red.red_from, red.red_percent) == (red.limit // 5, 10)
    sensible = buffer_of(Queue(drop="RED", red_percentage=10), 1_000_000)
    assert 0 < sensible.red_from < sensible.limit
