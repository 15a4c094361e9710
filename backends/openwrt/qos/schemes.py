"""Which queues sqm-scripts and qos-scripts make for what leaves a link, and what goes into which of them. Pure.

A queue is a tin of cake (``tin``: its place in what the kernel tells of one), or a queue with a handle of its own.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

BULK, BEST_EFFORT, VIDEO, VOICE = "bulk", "best effort", "video", "voice"
CLASSES: Final = {BEST_EFFORT: 0, BULK: 1, VIDEO: 2, VOICE: 3}
"""Traffic classes of the data model for the kinds of traffic that are told apart."""
FIRST_COMES: Final = (VOICE, VIDEO, BEST_EFFORT, BULK)
CAKE, HTB, TBF, HFSC = "cake", "htb", "tbf", "hfsc"
SHAPERS: Final = (CAKE, HTB, TBF, HFSC)
"""What a link has at its root while it is shaped."""
CS1, LE, TOS4, CS6, CS7, EF, VOICE_ADMIT, AF42 = 8, 1, 4, 48, 56, 46, 44, 36


@dataclass(frozen=True, slots=True)
class Place:
    """One queue: a tin of the link's cake, or the queue with this handle (its major number)."""

    name: str
    traffic_class: int
    precedence: int
    tin: int = -1
    handle: int = 0


@dataclass(frozen=True, slots=True)
class Scheme:
    """``scheduler`` and ``drop`` in words of the data model; ``codepoints``: the traffic class of a DSCP."""

    places: tuple[Place, ...]
    scheduler: str
    drop: str
    codepoints: Mapping[int, int] = field(default_factory=dict)


def _points(**kinds: tuple[int, ...]) -> dict[int, int]:
    classes = {"voice": VOICE, "video": VIDEO, "bulk": BULK}
    return {point: CLASSES[classes[kind]] for kind, some in kinds.items() for point in some}


DIFFSERV: Final = {
    "besteffort": ((BEST_EFFORT,), {}),
    "diffserv3": (
        (BULK, BEST_EFFORT, VOICE),
        _points(voice=(EF, VOICE_ADMIT, CS6, CS7, TOS4), bulk=(CS1, LE)),
    ),
    "diffserv4": (
        (BULK, BEST_EFFORT, VIDEO, VOICE),
        _points(
            voice=(CS7, CS6, EF, VOICE_ADMIT, 40, 32),
            video=(38, 36, 34, 30, 28, 26, 24, 22, 20, 18, 16, TOS4),
            bulk=(CS1, LE),
        ),
    ),
}  # fmt: skip
"""cake's words: the tins in the order in which the kernel tells of them, and which DSCPs go where (tc-cake(8))."""
EIGHT: Final = ("diffserv8", "precedence")
"""Eight tins, which have no names."""
SIMPLE: Final = (("110", VOICE), ("120", BEST_EFFORT), ("130", BULK))
"""Handles of what simple.qos makes without cake."""
SIMPLE_POINTS: Final = _points(voice=(CS6, EF, AF42, TOS4), bulk=(CS1,))
ONE_HANDLE: Final = "110"


def of_sqm(script: str, qdisc: str, options: str) -> Scheme | None:
    """What a script of sqm-scripts makes; None for one that is nobody's, or makes what cannot be known."""
    is_cake = qdisc.startswith(CAKE)
    match script:
        case "piece_of_cake.qos":
            return _cake("besteffort", options)
        case "layer_cake.qos":
            return _cake("diffserv3", options)
        case "simple.qos" if is_cake:
            return _cake("diffserv3", options)  # cake's own choice
        case "simplest.qos" if is_cake:
            return _cake("besteffort", options)
        case "simple.qos":
            places = [_place(kind, handle=int(handle, 16)) for handle, kind in SIMPLE]
            return Scheme(tuple(places), "SP", _drop(qdisc), SIMPLE_POINTS)
        case "simplest.qos" | "simplest_tbf.qos":
            return Scheme((_place(BEST_EFFORT, handle=int(ONE_HANDLE, 16)),), "WFQ", _drop(qdisc))
    return None


def of_qos_scripts(classes: list[str]) -> Scheme:
    """What qos-scripts make of a group of classes, which are numbered from 1 on."""
    places = [Place(name, number, number, handle=0x100 * number) for number, name in enumerate(classes, 1)]
    return Scheme(tuple(places), "WFQ", _drop("fq_codel"))


def _cake(word: str, options: str) -> Scheme:
    """The last of cake's words is the one that counts."""
    word = next((one for one in reversed(options.split()) if one in DIFFSERV or one in EIGHT), word)
    if word in EIGHT:
        places = tuple(Place(f"tin {tin}", tin, 8 - tin, tin=tin) for tin in range(8))
        return Scheme(places, "WFQ", _drop(CAKE))
    kinds, points = DIFFSERV[word]
    return Scheme(tuple(_place(kind, tin=tin) for tin, kind in enumerate(kinds)), "WFQ", _drop(CAKE), points)


def _place(kind: str, tin: int = -1, handle: int = 0) -> Place:
    return Place(kind, CLASSES[kind], FIRST_COMES.index(kind) + 1, tin, handle)


def _drop(qdisc: str) -> str:
    """cake drops by CoDel and BLUE; fq_codel and its like early, before the queue is full, as RED does."""
    return "BLUE" if qdisc.startswith(CAKE) else "DT" if "fifo" in qdisc else "RED"
