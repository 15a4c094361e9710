import socket
import time

import pytest

from agent.transfers.cancelling import Cancelling
from agent.transfers.failures import Cancelled


def test_who_waits_on_a_held_socket_waits_no_longer() -> None:
    since = time.monotonic()
    ours, theirs = socket.socketpair()
    other, _ = pair = socket.socketpair()
    with ours, theirs, pair[0], pair[1], Cancelling(lambda: time.monotonic() > since + 0.2) as cancelling:
        other.close()
        cancelling.hold(other)
        cancelling.hold(ours)
        ours.settimeout(20)
        assert ours.recv(1) == b""
        with pytest.raises(Cancelled):
            cancelling.check()
    assert 0.2 <= time.monotonic() - since < 10


def test_a_wait_lasts_as_long_as_it_is_wanted() -> None:
    with Cancelling(lambda: False) as cancelling:
        since = time.monotonic()
        cancelling.wait(0.25)
        assert 0.25 <= time.monotonic() - since < 10
        cancelling.check()
    with Cancelling(lambda: True) as cancelling, pytest.raises(Cancelled):
        cancelling.wait(60)


def test_a_descriptor_that_tls_has_taken_is_still_held() -> None:
    since = time.monotonic()
    ours, theirs = socket.socketpair()
    with theirs, Cancelling(lambda: time.monotonic() > since + 0.1) as cancelling:
        with cancelling.holding(ours):
            taken = socket.socket(fileno=ours.detach())
            taken.settimeout(20)
            assert taken.recv(1) == b""
        taken.close()
        assert theirs.recv(1) == b""
