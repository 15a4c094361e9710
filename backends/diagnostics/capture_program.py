"""Makes what a capture's filter asks for into a program for the kernel (classic BPF); pure.

It reads by where the network's and the link's headers are, so that it is the same for every kind of link.
"""

import struct
from collections.abc import Callable
from typing import Final, NamedTuple

from backends.diagnostics.capture_words import Asked, Both, Either, Host, Not, Ports, Protocol, Station

# linux/filter.h
LOAD_WORD, LOAD_HALF, LOAD_BYTE = 0x20, 0x28, 0x30
LOAD_HALF_BEHIND = 0x48
"""At the offset and X."""
HEADER_LENGTH = 0xB1
"""Four times the lower half of an octet, into X."""
AND, JUMP, EQUAL, ABOVE, AT_LEAST, ANY_BIT, RETURN = 0x54, 0x05, 0x15, 0x25, 0x35, 0x45, 0x06
PROTOCOL: Final = -0x1000
NETWORK: Final = -0x100000
LINK: Final = -0x200000
WHOLE: Final = 0xFFFF_FFFF
MOST_LINES: Final = 4096

IPV4, IPV6, ARP = 0x0800, 0x86DD, 0x0806
NUMBERS: Final = {"tcp": 6, "udp": 17, "sctp": 132, "icmp": 1, "icmp6": 58}
WITH_PORTS: Final = ("tcp", "udp", "sctp")
IP_ADDRESSES: Final = {"src": 12, "dst": 16}
IP6_ADDRESSES: Final = {"src": 8, "dst": 24}
ARP_ADDRESSES: Final = {"src": 14, "dst": 24}
PORTS: Final = {"src": 0, "dst": 2}
STATIONS: Final = {"dst": 0, "src": 6}
OFFSET_OF_FRAGMENT: Final = 0x1FFF


class Line(NamedTuple):
    """One instruction: struct sock_filter."""

    code: int
    if_true: int
    if_false: int
    k: int


class Program:
    """Grows by tests that go to a label or to another; labels are places to come."""

    def __init__(self) -> None:
        self._lines: list[tuple[int, int, int, int]] = []  # code, k, labels; a label below 0 is "go on"
        self._places: dict[int, int] = {}
        self._labels = 0

    def label(self) -> int:
        """A new place."""
        self._labels += 1
        return self._labels

    def here(self, label: int) -> None:
        """The place is behind what there is so far."""
        self._places[label] = len(self._lines)

    def do(self, code: int, k: int) -> None:
        """An instruction that goes on to the next."""
        self._lines.append((code, k, -1, -1))

    def test(self, code: int, k: int, yes: int, no: int) -> None:
        """Go to ``yes`` where it holds, else to ``no``."""
        self._lines.append((code, k, yes, no))

    def go(self, label: int) -> None:
        """Go there."""
        self._lines.append((JUMP, 0, label, label))

    def lines(self) -> list[Line]:
        """With each jump to its place: far ones by an instruction of their own, as a test's reach 255."""
        starts, at = list[int](), 0
        for code, _, yes, _ in self._lines:
            starts.append(at)
            at += 1 if yes < 0 or code == JUMP else 3
        starts.append(at)
        made: list[Line] = []

        def jump(label: int) -> None:
            made.append(Line(JUMP, 0, 0, starts[self._places[label]] - len(made) - 1))

        for code, k, yes, no in self._lines:
            if code == JUMP:
                jump(yes)
            elif yes < 0:
                made.append(Line(code, 0, 0, k & WHOLE))
            else:
                made.append(Line(code, 0, 1, k & WHOLE))
                jump(yes)
                jump(no)
        return made


def compiled(asked: Asked | None) -> bytes:
    """The program as the kernel takes it (struct sock_filter, one after the other); for None one that lets all pass."""
    program = Program()
    yes, no = program.label(), program.label()
    if asked is not None:
        _write(program, asked, yes, no)
    program.here(yes)
    program.do(RETURN, WHOLE)
    program.here(no)
    program.do(RETURN, 0)
    lines = program.lines()
    if len(lines) > MOST_LINES:
        raise ValueError("the filter is too long for the kernel")
    return b"".join(struct.pack("=HBBI", *line) for line in lines)


def _write(program: Program, asked: Asked, yes: int, no: int) -> None:
    match asked:
        case Not(one):
            _write(program, one, no, yes)
        case Both(one, other):
            middle = program.label()
            _write(program, one, middle, no)
            program.here(middle)
            _write(program, other, yes, no)
        case Either(one, other):
            middle = program.label()
            _write(program, one, yes, middle)
            program.here(middle)
            _write(program, other, yes, no)
        case Protocol(name):
            _protocol(program, name, yes, no)
        case Station():
            _either_way(
                program, asked.direction, lambda way, y, n: _station(program, asked.address, way, y, n), yes, no
            )
        case Host():
            _host(program, asked, yes, no)
        case Ports():
            _ports(program, asked, yes, no)


def _either_way(program: Program, direction: str, write: Callable[[str, int, int], None], yes: int, no: int) -> None:
    """The test for the asked direction; for none, for each."""
    if direction:
        write(direction, yes, no)
        return
    middle = program.label()
    write("src", yes, middle)
    program.here(middle)
    write("dst", yes, no)


def _of_kind(program: Program, kind: int, no: int) -> None:
    """Go on with packets of this kind only (the type that Ethernet has of them)."""
    going_on = program.label()
    program.do(LOAD_HALF, PROTOCOL)
    program.test(EQUAL, kind, going_on, no)
    program.here(going_on)


def _carrying(program: Program, kind: int, numbers: list[int], no: int) -> None:
    """Go on with packets of IP that carry one of these protocols."""
    _of_kind(program, kind, no)
    going_on = program.label()
    program.do(LOAD_BYTE, NETWORK + (9 if kind == IPV4 else 6))
    for number in numbers:
        another = program.label()
        program.test(EQUAL, number, going_on, another)
        program.here(another)
    program.go(no)
    program.here(going_on)


def _protocol(program: Program, name: str, yes: int, no: int) -> None:
    kinds = {"ip": IPV4, "ip6": IPV6, "arp": ARP}
    if name in kinds:
        program.do(LOAD_HALF, PROTOCOL)
        program.test(EQUAL, kinds[name], yes, no)
        return
    another = program.label()
    if name != "icmp6":
        _carrying(program, IPV4, [NUMBERS[name]], another)
        program.go(yes)
    program.here(another)
    if name == "icmp":
        program.go(no)
        return
    _carrying(program, IPV6, [NUMBERS[name]], no)
    program.go(yes)


def _station(program: Program, address: bytes, way: str, yes: int, no: int) -> None:
    at, going_on = LINK + STATIONS[way], program.label()
    program.do(LOAD_WORD, at + 2)
    program.test(EQUAL, int.from_bytes(address[2:], "big"), going_on, no)
    program.here(going_on)
    program.do(LOAD_HALF, at)
    program.test(EQUAL, int.from_bytes(address[:2], "big"), yes, no)


def _host(program: Program, asked: Host, yes: int, no: int) -> None:
    by_kind = (
        [("ip6", IPV6, IP6_ADDRESSES)]
        if asked.network.version == 6
        else [("ip", IPV4, IP_ADDRESSES), ("arp", ARP, ARP_ADDRESSES)]
    )
    for name, kind, places in by_kind:
        if asked.protocol in ("", name):
            other_kind = program.label()
            _of_kind(program, kind, other_kind)
            _either_way(
                program,
                asked.direction,
                lambda way, y, n, places=places: _address(program, asked, NETWORK + places[way], y, n),  # type: ignore[misc]
                yes,
                no,
            )
            program.here(other_kind)
    program.go(no)


def _address(program: Program, asked: Host, at: int, yes: int, no: int) -> None:
    wanted, mask = asked.network.network_address.packed, asked.network.netmask.packed
    words = [
        (place, int.from_bytes(wanted[place : place + 4], "big"), int.from_bytes(mask[place : place + 4], "big"))
        for place in range(0, len(wanted), 4)
    ]
    for place, value, bits in words:
        if not bits:
            break
        going_on = program.label()
        program.do(LOAD_WORD, at + place)
        program.do(AND, bits)
        program.test(EQUAL, value, going_on, no)
        program.here(going_on)
    program.go(yes)


def _ports(program: Program, asked: Ports, yes: int, no: int) -> None:
    numbers = [NUMBERS[name] for name in WITH_PORTS if asked.protocol in ("", name)]
    other_kind, first_fragment = program.label(), program.label()
    _carrying(program, IPV4, numbers, other_kind)
    program.do(LOAD_HALF, NETWORK + 6)
    program.test(ANY_BIT, OFFSET_OF_FRAGMENT, no, first_fragment)
    program.here(first_fragment)
    program.do(HEADER_LENGTH, NETWORK)
    _either_way(
        program, asked.direction, lambda way, y, n: _port(program, asked, LOAD_HALF_BEHIND, PORTS[way], y, n), yes, no
    )
    program.here(other_kind)
    _carrying(program, IPV6, numbers, no)
    _either_way(
        program, asked.direction, lambda way, y, n: _port(program, asked, LOAD_HALF, 40 + PORTS[way], y, n), yes, no
    )


def _port(program: Program, asked: Ports, load: int, at: int, yes: int, no: int) -> None:
    going_on = program.label()
    program.do(load, NETWORK + at)
    program.test(AT_LEAST, asked.first, going_on, no)
    program.here(going_on)
    program.test(ABOVE, asked.last, no, yes)
