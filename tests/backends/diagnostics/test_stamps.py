"""When datagrams go and come by the kernel's clock, and what is said of them."""

import socket
import time
from collections.abc import Iterator

import pytest

from backends.diagnostics.stamps import Sent, StampedSocket
from tests.waiting import PATIENCE

FAMILIES = pytest.mark.parametrize(("family", "here"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")])


@pytest.fixture
def made(family: int) -> Iterator[socket.socket]:
    with socket.socket(family, socket.SOCK_DGRAM) as one:
        yield one


def wait(one: StampedSocket) -> None:
    until = time.monotonic() + PATIENCE
    while not (found := one.complaints()) and time.monotonic() < until:
        one.wait(until)
    one._complaints = found


@FAMILIES
def test_going_and_coming_are_the_kernel_s_times(made: socket.socket, family: int, here: str) -> None:
    one = StampedSocket(made)
    made.bind((here, 0))
    for _ in range(3):
        before = time.time_ns()
        sent = one.send(b"to myself", made.getsockname())
        after = time.time_ns()
        one.wait(time.monotonic() + PATIENCE)
        message = one.message()
        assert message is not None
        assert (message.content, message.place) == (b"to myself", made.getsockname())
        assert before < sent.wall <= message.stamp <= time.time_ns()
        assert sent.wall < after
        assert 0 < sent.seconds_until(message.stamp) < (time.time_ns() - before) / 1e9
        assert one.message() is None
        assert one.complaints() == []


@FAMILIES
def test_what_is_said_of_a_datagram_is_told_once_with_who_says_it(made: socket.socket, family: int, here: str) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as nobody:
        nobody.bind((here, 0))
        place = nobody.getsockname()
    one = StampedSocket(made)
    one.send(b"anybody there?", place)
    wait(one)
    [told] = one.complaints()
    expected = (3, 3) if family == socket.AF_INET else (1, 4)
    assert (told.content, told.place[:2], told.by, (told.type, told.code)) == (
        b"anybody there?",
        place[:2],
        here,
        expected,
    )
    assert one.complaints() == []


@pytest.mark.parametrize("family", [socket.AF_INET])
def test_what_was_said_of_one_does_not_keep_the_next_from_going(made: socket.socket, family: int) -> None:
    with socket.socket(family, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        made.connect(nobody.getsockname())
    one = StampedSocket(made)
    for _ in range(4):
        one.send(b"anybody there?")
        time.sleep(0.01)
    assert len(one.complaints()) == 4


def test_where_the_clock_was_set_in_between_the_other_one_counts() -> None:
    wall, monotonic = time.time_ns() - 9_000_000, time.monotonic_ns() - 9_000_000
    sent = Sent(wall, monotonic)
    assert sent.seconds_until(wall + 2_000_000) == 0.002
    for stamp in (0, wall - 1, wall + 3_600_000_000_000):
        assert 0.009 <= sent.seconds_until(stamp) < PATIENCE
