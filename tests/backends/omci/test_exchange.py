"""One question at a time over a real pty: answers that come late, twice, spoilt, beside alarms, or never."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from backends.omci.codecs import CODECS
from backends.omci.exchange import (
    MOST_NOTIFICATIONS,
    OWN_TCIS,
    READING,
    Exchange,
    NoAnswer,
    NotUnlocked,
    WrongTrailer,
    trailer_for,
)
from backends.omci.frames import Action, Frame, parse
from backends.omci.link import Line, LineLost
from backends.omci.messages import contents
from backends.omci.trailers import Trailer
from tests.backends.omci.pty_onu import PtyOnu, onu

CRC = Trailer("crc32")
SYNC = Frame(0, Action.GET, 2, 0, contents(Action.GET, {"mask": 0x8000}))
ALARM = bytes.fromhex("0000100a000b0401" + "80" + "00" * 30 + "01" + "00000028" + "651ad04f")


def answer(question: bytes, value: int = 42) -> bytes:
    """The ONU's answer to a Get of MIB data sync, with a CRC; made by hand."""
    head = question[:2] + b"\x29" + question[3:8]
    return CRC.finish(parse(head + b"\x00\x80\x00" + bytes([value]) + bytes(28))).to_bytes()


@contextmanager
def talking(
    say: Callable[[PtyOnu, bytes], list[bytes]], codec: str = "hdlc", trailer: Trailer = CRC, **more: object
) -> Iterator[tuple[Exchange, PtyOnu]]:
    """An exchange with an ONU that answers each frame with the octets that ``say`` returns."""
    with onu(lambda frame: say(far, frame), codec) as far:
        line = Line(far.device)
        try:
            yield Exchange(line, CODECS[codec](), trailer, **more), far  # type: ignore[arg-type]
        finally:
            line.close()


def plainly(far: PtyOnu, frame: bytes) -> list[bytes]:
    return [far.framed(answer(frame))]


@pytest.mark.parametrize("codec", CODECS)
def test_a_question_is_answered_over_every_codec(codec: str) -> None:
    with talking(plainly, codec) as (exchange, far):
        for _ in range(3):
            assert exchange.ask(SYNC).contents[:4] == b"\x00\x80\x00\x2a"
    first, second, third = (int.from_bytes(heard[:2]) for heard in far.heard)
    assert first in OWN_TCIS
    assert len({first, second, third}) == 3
    assert far.heard[0][2:10] == bytes.fromhex("490a000200008000")


def test_a_question_without_an_answer_is_asked_again_under_the_same_transaction() -> None:
    def third_time(far: PtyOnu, frame: bytes) -> list[bytes]:
        return plainly(far, frame) if len(far.heard) == 3 else []

    with talking(third_time) as (exchange, far):
        assert exchange.ask(SYNC, within=0.3).answers
    assert len(far.heard) == 3
    assert len(set(far.heard)) == 1


def test_after_two_repetitions_it_is_given_up() -> None:
    with talking(lambda *_: []) as (exchange, far):
        with pytest.raises(NoAnswer, match="did not answer Get Request of 2 0"):
            exchange.ask(SYNC, within=0.05)
        time.sleep(0.05)
    assert len(far.heard) == 3


def test_of_answers_with_another_trailer_it_is_said_that_they_came() -> None:
    def keyed(_: bytes) -> bytes:
        return bytes(16)

    with talking(plainly, trailer=Trailer("cmac", keyed)) as (exchange, _), pytest.raises(WrongTrailer) as wrong:
        exchange.ask(SYNC, within=0.05)
    why = "did not answer Get Request of 2 0 with the trailer cmac: answers came whose trailer is not right"
    assert why in str(wrong.value)


def test_a_frame_with_another_trailer_that_is_no_answer_is_none() -> None:
    with talking(lambda far, _: [far.framed(ALARM[:-4] + bytes(4))]) as (exchange, _):
        with pytest.raises(NoAnswer) as silent:
            exchange.ask(SYNC, within=0.05)
        assert exchange.ignored
    assert not isinstance(silent.value, WrongTrailer)


def test_a_late_answer_to_what_was_given_up_is_not_taken_for_the_next_one() -> None:
    late: list[bytes] = []

    def lagging(far: PtyOnu, frame: bytes) -> list[bytes]:
        late.append(far.framed(answer(frame, value=len(late))))
        return late[-4:-3] + (late[-1:] if len(late) > 4 else [])

    with talking(lagging) as (exchange, _):
        with pytest.raises(NoAnswer):
            exchange.ask(SYNC, within=0.05)
        assert exchange.ask(SYNC, within=0.3).contents[3] == 4
        assert exchange.ignored >= 1


@pytest.mark.parametrize(
    "other",
    [
        lambda frame: frame[:2] + b"\x29" + frame[3:4] + b"\x01\x00" + frame[6:],  # another class
        lambda frame: frame[:2] + b"\x29" + frame[3:6] + b"\x00\x07" + frame[8:],  # another instance
        lambda frame: frame[:2] + b"\x28" + frame[3:],  # another message
        lambda frame: frame,  # an echo of the question
    ],
)
def test_what_is_no_answer_to_the_question_is_not_taken_for_one(other: Callable[[bytes], bytes]) -> None:
    def first_another(far: PtyOnu, frame: bytes) -> list[bytes]:
        return [far.framed(CRC.finish(parse(other(frame))).to_bytes()), *plainly(far, frame)]

    with talking(first_another) as (exchange, _):
        assert exchange.ask(SYNC).contents[3] == 42
        assert exchange.ignored == 1


def test_a_spoilt_answer_is_none_and_the_question_is_asked_again() -> None:
    def spoilt_once(far: PtyOnu, frame: bytes) -> list[bytes]:
        good = answer(frame)
        bad = good[:11] + b"\x63" + good[12:]
        return [far.framed(bad if len(far.heard) == 1 else good)]

    with talking(spoilt_once) as (exchange, far):
        assert exchange.ask(SYNC, within=0.3).contents[3] == 42
        assert exchange.ignored == 1
    assert len(far.heard) == 2


def test_what_the_codec_lets_through_and_is_no_frame_is_passed_over() -> None:
    def first_nonsense(far: PtyOnu, frame: bytes) -> list[bytes]:
        return [far.framed(b"nonsense"), far.framed(frame[:39]), *plainly(far, frame)]

    with talking(first_nonsense) as (exchange, _):
        assert exchange.ask(SYNC).contents[3] == 42


def test_alarms_before_and_behind_an_answer_are_kept_as_notifications() -> None:
    def among_alarms(far: PtyOnu, frame: bytes) -> list[bytes]:
        alarm = far.framed(ALARM)
        return [alarm + far.framed(answer(frame)) + alarm]

    with talking(among_alarms) as (exchange, _):
        assert exchange.ask(SYNC).contents[3] == 42
        assert [each.action for each in exchange.notifications] == [Action.ALARM]
        assert exchange.ask(SYNC).contents[3] == 42
        assert len(exchange.notifications) == 3
        heard = exchange.listen(10)
        assert heard is not None
        assert heard.is_notification


def test_a_flood_of_notifications_is_bounded() -> None:
    def flooding(far: PtyOnu, frame: bytes) -> list[bytes]:
        return [far.framed(ALARM)] * (MOST_NOTIFICATIONS + 50) + plainly(far, frame)

    with talking(flooding) as (exchange, _):
        assert exchange.ask(SYNC).answers
        assert len(exchange.notifications) == MOST_NOTIFICATIONS


def test_listening_hears_both_sides_and_silence_is_none() -> None:
    with talking(lambda *_: []) as (exchange, far):
        assert exchange.listen(0.01) is None
        question = CRC.finish(Frame(1, Action.GET, 2, 0, SYNC.contents, asks=True)).to_bytes()
        far.write(far.framed(question) + far.framed(answer(question)))
        heard = [exchange.listen(10), exchange.listen(10)]
        assert [frame.is_upstream for frame in heard if frame] == [False, True]


@pytest.mark.parametrize("action", sorted(set(Action) - READING))
def test_a_command_that_could_change_the_onu_is_never_sent_unless_it_is_unlocked(action: Action) -> None:
    with talking(lambda *_: []) as (exchange, far):
        with pytest.raises(NotUnlocked, match="the settings do not unlock it"):
            exchange.ask(Frame(0, action, 256, 0, bytes(32)))
        time.sleep(0.02)
        assert far.heard == []


def test_what_the_laboratory_unlocks_by_name_is_sent() -> None:
    def obey(far: PtyOnu, frame: bytes) -> list[bytes]:
        return [far.framed(CRC.finish(parse(frame[:2] + b"\x39" + frame[3:8] + bytes(32))).to_bytes())]

    with talking(obey, unlocked=frozenset({Action.REBOOT})) as (exchange, _):
        assert exchange.ask(Frame(0, Action.REBOOT, 256, 0, bytes(32))).answers
        with pytest.raises(NotUnlocked):
            exchange.ask(Frame(0, Action.SET, 256, 0, bytes(32)))


def test_a_line_that_goes_away_is_told() -> None:
    with talking(lambda *_: []) as (exchange, far):
        far.end()
        with pytest.raises(LineLost):
            exchange.ask(SYNC)


def test_a_trailer_that_is_not_demanded_is_not_looked_at() -> None:
    def dummy(far: PtyOnu, frame: bytes) -> list[bytes]:
        return [far.framed(answer(frame)[:44] + b"\x11\x22\x33\x44")]

    with talking(dummy, trailer=Trailer("ignore")) as (exchange, _):
        assert exchange.ask(SYNC).trailer.endswith(b"\x44")


@pytest.mark.parametrize(
    ("codec", "policy", "trailer"),
    [
        ("hdlc", "ignore", "ignore"),
        ("hdlc", "zero", "zero"),
        ("hexline", "none", "none"),
        ("slip", "ignore", "crc32"),
        ("raw48", "ignore", "crc32"),
        ("raw48", "cmac", "cmac"),
    ],
)
def test_where_the_codec_has_no_check_the_trailer_is_demanded(codec: str, policy: str, trailer: str) -> None:
    assert trailer_for(codec, policy) == trailer


@pytest.mark.parametrize(("codec", "policy"), [("slip", "none"), ("raw48", "zero")])
def test_a_line_without_any_check_is_refused(codec: str, policy: str) -> None:
    with pytest.raises(ValueError, match=f"{codec} has no check"):
        trailer_for(codec, policy)


def bare(question: bytes, value: int) -> bytes:
    """The same answer with a trailer of zeros, as some logs have it."""
    return answer(question, value)[:44] + bytes(4)


def told_in_turn(*values: int) -> Callable[[PtyOnu, bytes], list[bytes]]:
    return lambda far, frame: [far.framed(bare(frame, values[min(len(far.heard), len(values)) - 1]))]


@pytest.mark.parametrize("policy", ["ignore", "zero", "none"])
def test_an_answer_that_nothing_checks_is_believed_when_it_has_come_twice_alike(policy: str) -> None:
    with talking(told_in_turn(43, 42), "hexline", Trailer(policy)) as (exchange, far):
        assert exchange.ask(SYNC).contents[3] == 42
    assert len(far.heard) == 3
    assert len({heard[:2] for heard in far.heard}) == 1


def test_an_answer_that_is_another_each_time_is_none() -> None:
    with talking(told_in_turn(1, 2, 3, 4), "hexline", Trailer()) as (exchange, _), pytest.raises(NoAnswer):
        exchange.ask(SYNC, within=0.3)


@pytest.mark.parametrize(("codec", "asked"), [("hexline", 1), ("hdlc", 1)])
def test_an_answer_that_is_checked_is_believed_at_once(codec: str, asked: int) -> None:
    with talking(plainly, codec, Trailer()) as (exchange, far):
        assert exchange.ask(SYNC).contents[3] == 42
    assert len(far.heard) == asked


@pytest.mark.parametrize(
    ("codec", "policy", "trailer", "is_believed"),
    [
        ("hexline", "ignore", "651ad04f", True),
        ("hexline", "ignore", "651ad04e", False),
        ("hexline", "ignore", "00000000", False),
        ("hexline", "zero", "00000000", True),
        ("hdlc", "ignore", "00000000", True),
    ],
)
def test_what_comes_unasked_and_unchecked_is_believed_where_the_settings_say_so(
    codec: str, policy: str, trailer: str, is_believed: bool, caplog: pytest.LogCaptureFixture
) -> None:
    alarm = ALARM[:44] + bytes.fromhex(trailer)
    with talking(lambda _far, _frame: [], codec, Trailer(policy)) as (exchange, far):
        exchange.listen(0.05)  # the line is open
        far.write(far.framed(alarm) * 2)
        assert (exchange.listen(0.3) is not None) is is_believed
        assert exchange.ignored == (0 if is_believed else 2)
    assert caplog.text.count("is not believed") == (not is_believed)
