"""Lines as they are: frames cut, merged, doubled and spoilt at every octet, noise, silence, a device that goes away.

On ptys, with a real serial stack. Whatever came before, the second frame behind it is heard; nothing else is ever heard
than what was sent, and no answer is taken for another's.
"""

import os
import pty
import random
import time
import tty
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from agent.lab.onu import LabOnu
from backends.omci.codecs import CODECS
from backends.omci.exchange import Exchange, NoAnswer
from backends.omci.frames import Action, Frame
from backends.omci.link import Line, LineLost
from backends.omci.trailers import Trailer
from tests.lab.onus import lab_onu
from tests.waiting import PATIENCE

SOON = 10.0
TRAILER = Trailer("crc32")
ONE_NOW_EVERY_CODEC_LATER = pytest.mark.parametrize(
    "codec", ["hdlc", *(pytest.param(name, marks=pytest.mark.slow) for name in ("hexline", "raw48", "slip"))]
)
EVERY_CODEC = pytest.mark.parametrize("codec", sorted(CODECS))


def flipped(octet: int, chance: random.Random) -> bytes:
    return bytes([octet ^ 1 << chance.randrange(8)])


Spoil = Callable[[bytes, int, random.Random], bytes]
SPOILS: dict[str, Spoil] = {
    "cut": lambda octets, at, _: octets[:at],
    "beheaded": lambda octets, at, _: octets[at:],
    "corrupted": lambda octets, at, chance: octets[:at] + flipped(octets[at], chance) + octets[at + 1 :],
    "without one": lambda octets, at, _: octets[:at] + octets[at + 1 :],
    "noise within": lambda octets, at, chance: octets[:at] + chance.randbytes(chance.randrange(1, 99)) + octets[at:],
    "noise before": lambda octets, at, chance: chance.randbytes(at + 1) + octets,
    "doubled": lambda octets, at, _: octets + octets,
}  # fmt: skip


@contextmanager
def wire(codec: str) -> Iterator[tuple[Callable[[bytes], object], Exchange]]:
    """What writes to the line, and what hears it."""
    far, near = pty.openpty()
    tty.setraw(near)
    line = Line(os.ttyname(near))
    line.open()
    try:
        yield lambda octets: os.write(far, octets), Exchange(line, CODECS[codec](), TRAILER)
    finally:
        line.close()
        os.close(far)
        os.close(near)


def numbered(number: int) -> Frame:
    """A frame whose every part is its own, flags and escapes of the codecs among them."""
    body = bytes((number * 7 + at * 31) & 0xFF for at in range(30)) + b"\x7e\xc0"
    return TRAILER.finish(Frame(0, Action.AVC, 0x7D, number & 0xFFFF, body))


@EVERY_CODEC
@pytest.mark.parametrize("spoil", sorted(SPOILS))
def test_behind_a_spoilt_frame_the_second_one_is_heard_and_nothing_that_was_not_sent(codec: str, spoil: str) -> None:
    chance = random.Random(3)
    number = 0
    with wire(codec) as (write, exchange):
        wrapped = CODECS[codec]().wrapped
        size = len(wrapped(numbered(0).to_bytes()))
        for at in range(size):
            sent = [numbered(number + each) for each in range(3)]
            number += 3
            first, *others = (wrapped(frame.to_bytes()) for frame in sent)
            write(SPOILS[spoil](first, min(at, len(first) - 1), chance) + b"".join(others))
            heard: list[Frame] = []
            while not heard or heard[-1] != sent[-1]:
                frame = exchange.listen(PATIENCE)
                assert frame is not None, f"octet {at}: the third frame was not heard"
                assert frame in sent, f"octet {at}: nobody has sent that"
                heard.append(frame)


@EVERY_CODEC
def test_frames_that_come_in_pieces_are_whole(codec: str) -> None:
    with wire(codec) as (write, exchange):
        wrapped = CODECS[codec]().wrapped
        sent = [numbered(number) for number in range(40)]
        octets = b"".join(wrapped(frame.to_bytes()) for frame in sent)
        chance = random.Random(4)
        heard = []
        while octets:
            count = chance.randrange(1, 90)
            write(octets[:count])
            octets = octets[count:]
            while frame := exchange.listen(0.001):
                heard.append(frame)
        while len(heard) < len(sent) and (frame := exchange.listen(PATIENCE)):
            heard.append(frame)
        assert heard == sent


def asked(exchange: Exchange, number: int, instance: int, tries: int = 30) -> Frame:
    question = Frame(0, Action.GET, number, instance, b"\x80\0".ljust(32, b"\0"), asks=True)
    return exchange.ask(question, within=0.15, tries=tries)


@contextmanager
def spoken(codec: str, link: Path | None = None) -> Iterator[tuple[LabOnu, Exchange]]:
    with lab_onu(link, codec=codec) as onu:
        line = Line(onu.device)
        line.open()
        yield onu, Exchange(line, CODECS[codec](), TRAILER)
        line.close()


@ONE_NOW_EVERY_CODEC_LATER
@pytest.mark.parametrize("spoil", ["cut", "merge", "duplicate", "corrupt", "noise", "drop"])
def test_no_answer_is_taken_for_another_s_and_a_spoilt_one_is_asked_for_again(codec: str, spoil: str) -> None:
    with spoken(codec) as (onu, exchange):
        for number, instance in ((256, 0), (329, 0x0E01)):
            onu.order(f"spoil {spoil} 1")
            answer = asked(exchange, number, instance)
            value = onu.mib.values[number, instance][1]
            assert (answer.class_id, answer.instance) == (number, instance)
            assert answer.contents[3 : 3 + len(value)] == value


def test_an_answer_that_comes_late_is_nobody_s_and_silence_lasts_no_longer_than_allowed() -> None:
    with spoken("hdlc") as (onu, exchange):
        onu.order("stall 1.5")
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            asked(exchange, 256, 0, tries=5)
        assert 0.7 <= time.monotonic() - begun < SOON
        time.sleep(1.0)  # by now the line says all that it has kept
        answer = asked(exchange, 329, 0x0E01)
        assert (answer.class_id, answer.instance) == (329, 0x0E01)
        assert exchange.ignored >= 3


@ONE_NOW_EVERY_CODEC_LATER
def test_a_device_that_was_unplugged_is_lost_at_once_and_asked_again_when_it_is_back(
    codec: str, tmp_path: Path
) -> None:
    with spoken(codec, tmp_path / "tty") as (onu, exchange):
        for _ in range(3):
            assert asked(exchange, 256, 0).contents[3:7] == b"LABO"
            onu.order("unplug")
            for _ in range(2):
                with pytest.raises(LineLost):
                    asked(exchange, 256, 0)
            onu.order("plug")
        assert asked(exchange, 256, 0).contents[3:7] == b"LABO"


def test_a_line_that_never_stops_is_not_listened_to_for_longer_than_was_allowed() -> None:
    with lab_onu(console="realtek") as onu:  # it echoes whatever is sent, and speaks no frames
        line = Line(onu.device)
        exchange = Exchange(line, CODECS["hdlc"](), TRAILER)
        begun = time.monotonic()
        with pytest.raises(NoAnswer):
            asked(exchange, 256, 0, tries=3)
        assert time.monotonic() - begun < SOON
        line.close()
