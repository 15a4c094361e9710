"""From shapers and queues to the classes on each link. Pure.

Below the link's one class, which has the shaper's rate, each queue has a class of its own that is guaranteed nearly
nothing and may borrow all that is free: the lower its Precedence number the sooner, and among equals by Weight.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from backends.desired_state import Wanted
from backends.firewall.surroundings import Surroundings
from backends.qos.marking import Exit
from backends.qos.records import Defaults, Queue, Shaper
from backends.traffic_control import PACKET, Buffer, QueueClass, Queues

WHOLE, REST, FIRST = 1, 2, 0x10
"""Minor numbers: the link's class, what no queue takes, and where the queues begin; each has sixteen."""
PER_QUEUE: Final = 16
MOST_QUEUES: Final = 250
LOWEST: Final = 7
"""The last of the priorities that a token bucket knows."""
PERCENT: Final = 100
"""A ShapingRate up to it is a share of the rate above, beyond it bits per second (TR-181)."""
UNLIMITED: Final = 10_000_000_000
LEAST: Final = 1_000
"""Bytes per second that a queue always has: none of them starves."""
SHARES: Final = 16
"""How many packets' worth at most the heaviest queue sends at a time."""
BUFFER_TIME: Final = 0.05
"""Seconds of what a queue can send at most that wait at most in it."""
LEAST_BUFFER: Final = 30_000
LEAST_RED: Final = 50_000
"""Where bytes are counted, and not packets, there is room (twice this) for one that is cut up no sooner than in the
driver (GSO: 64 kB and a header for each piece): else it is dropped whole, and our own connections starve.
"""
BURST_TIME: Final = 0.01
SENSIBLE: Final = 5
"""Percent of the buffer at which random drops begin where nobody said (TR-181, REDThreshold)."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is to be on each link, the ways into it, and the minor number of each (queue, link)."""

    queues: Mapping[str, Queues]
    exits: Sequence[Exit]
    minors: Mapping[tuple[str, str], int]


def plan(wanted: Wanted, around: Surroundings, speed_of: Callable[[str], int], priorities: Iterable[int]) -> Plan:
    """``speed_of``: bits per second that a link can do, 0 where nobody knows; ``priorities``: 802.1p marks in use."""
    marks = sorted(priorities)
    found: dict[str, Queues] = {}
    exits: list[Exit] = []
    minors: dict[tuple[str, str], int] = {}
    for link in sorted(around.managed):
        shaper = next(
            (one for one in wanted.of(Shaper).values() if one.enable and around.managed_link(one.interface) == link),
            None,
        )
        queues = [(key, one) for key, one in wanted.of(Queue).items() if one.enable and _is_on(one, link, around)]
        if shaper is None and not queues:
            continue
        speed = speed_of(link) or UNLIMITED
        rate = max((bits(shaper.rate, speed) if shaper else speed) // 8, LEAST)
        found[link], its_exits, its_minors = _link(link, queues, rate, shaper, wanted.get(Defaults).queue, marks)
        exits += its_exits
        minors.update(its_minors)
    return Plan(found, exits, minors)


def bits(rate: int, whole: int) -> int:
    """A ShapingRate in bits per second, where the rate above is ``whole``."""
    if rate < 0:
        return whole
    return whole * rate // PERCENT if rate <= PERCENT else min(rate, whole)


def buffer_of(queue: Queue, rate: int) -> Buffer:
    """What may wait in a queue that has this rate at most (bytes per second)."""
    limit = max(int(rate * BUFFER_TIME), LEAST_BUFFER)
    if queue.drop != "RED" or not queue.red_percentage:
        return Buffer(limit)
    limit = max(limit, LEAST_RED)
    return Buffer(limit, limit * (queue.red_threshold or SENSIBLE) // PERCENT, queue.red_percentage)


def _is_on(queue: Queue, link: str, around: Surroundings) -> bool:
    return queue.all_interfaces or around.managed_link(queue.interface) == link


def _link(
    link: str, queues: Sequence[tuple[str, Queue]], rate: int, shaper: Shaper | None, default: str, marks: Sequence[int]
) -> tuple[Queues, list[Exit], dict[tuple[str, str], int]]:
    burst = max(shaper.burst if shaper else 0, int(rate * BURST_TIME), 2 * PACKET)
    classes = {
        WHOLE: QueueClass(0, rate, rate, burst),
        REST: QueueClass(WHOLE, LEAST, rate, burst, LOWEST, PACKET),
    }
    buffers = {REST: buffer_of(Queue(), rate)}
    ranks = sorted({queue.precedence for _, queue in queues})
    heaviest = max((queue.weight for _, queue in queues), default=0)
    exits: list[Exit] = []
    minors: dict[tuple[str, str], int] = {}
    rest = REST
    for place, (key, queue) in enumerate(queues):
        minor = FIRST + PER_QUEUE * place
        minors[key, link] = minor
        ceiling = max(bits(queue.rate, rate * 8) // 8, LEAST)
        share = PACKET * max(1, SHARES * queue.weight // heaviest) if heaviest else PACKET
        its_burst = max(queue.burst, int(ceiling * BURST_TIME), 2 * PACKET)
        rank = min(ranks.index(queue.precedence), LOWEST)
        classes[minor] = QueueClass(WHOLE, LEAST, ceiling, its_burst, rank, share)
        leaves: dict[int | None, int] = {None: minor, **{mark: minor + 1 + at for at, mark in enumerate(marks)}}
        if marks:  # one leaf for each 802.1p priority, by which a VLAN link writes it
            leaves[None] = minor + PER_QUEUE - 1
            classes.update({leaf: replace(classes[minor], parent=minor) for leaf in leaves.values()})
        buffers.update({leaf: buffer_of(queue, ceiling) for leaf in leaves.values()})
        for mark in (None, *marks):
            exits += [Exit(link, one, mark, leaves[mark]) for one in queue.traffic_classes]
        if key == default:
            rest = leaves[None]
    return Queues(rest, classes, buffers), exits, minors
