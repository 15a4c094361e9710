"""Random octets, and frames with flipped ones, through all that reads frames."""

import random
import tracemalloc
from collections.abc import Iterator
from dataclasses import dataclass, field

from backends.omci.composing import composed
from backends.omci.documents import decoded
from backends.omci.entities import known
from backends.omci.frames import NotAFrame, parse

HEADS = (b"\x0a", b"\x0b")


@dataclass(slots=True)
class Report:
    """What was seen: inputs that raised something else than they may, or that came back as other octets."""

    decoded: int = 0
    wrong: list[tuple[bytes, str]] = field(default_factory=list)
    growth: int = 0  # octets, over the second half


def frames(count: int, seed: int) -> Iterator[bytes]:
    """Half of them have the head of a frame, mostly of a class that is known; half are anything at all."""
    chance = random.Random(seed)
    classes = known()
    for number in range(count):
        size = chance.choice((40, 44, 48)) if number % 4 < 3 else chance.randrange(60)
        octets = chance.randbytes(size)
        if number % 2 and size > 10:
            class_id = chance.choice(classes) if chance.random() < 0.9 else chance.randrange(65536)
            device = chance.choice(HEADS)
            octets = octets[:3] + device + class_id.to_bytes(2) + octets[6:]
            if device == HEADS[1]:
                octets = octets[:8] + (size - chance.choice((10, 14))).to_bytes(2, signed=size < 14) + octets[10:]
        yield octets


def run(count: int, seed: int) -> Report:
    """Read that many, put together again what could be read, and watch the memory."""
    report = Report()
    tracemalloc.start()
    try:
        settled = 0
        for number, octets in enumerate(frames(count, seed)):
            if number == count // 2:
                settled = tracemalloc.get_traced_memory()[0]
            _try(octets, report)
        report.growth = tracemalloc.get_traced_memory()[0] - settled
    finally:
        tracemalloc.stop()
    return report


def _try(octets: bytes, report: Report) -> None:
    try:
        document = decoded(octets)
        if "error" in document:
            return
        report.decoded += 1
        if (again := composed(document).to_bytes()) != octets:
            report.wrong.append((octets, again.hex()))
        parse(octets)
    except NotAFrame as error:
        report.wrong.append((octets, f"it was decoded, and cannot be put together: {error}"))
    except Exception as error:  # noqa: BLE001  (the point of it)
        report.wrong.append((octets, repr(error)))
