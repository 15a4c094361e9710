"""What backends.netlink does when the kernel is late, talks nonsense or drops news; and in other namespaces."""

import errno
import os
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from backends.errors import MechanismError, Missing, TimedOut
from backends.netlink import Netlink
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

__all__ = ["lab", "make_namespace"]

HEADER = struct.Struct("=IHHII")


class Kernel:
    """The other end of a socket: answers each request by ``answer(sequence)``, a list of datagrams."""

    def __init__(self, answer: Callable[[int], list[bytes]]) -> None:
        self.answer = answer
        self.opened = 0

    def open_socket(self) -> socket.socket:
        self.opened += 1
        ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)

        def serve() -> None:
            with theirs, suppress(OSError):  # given up by the other side
                while request := theirs.recv(65536):
                    for datagram in self.answer(HEADER.unpack_from(request)[3]):
                        theirs.send(datagram)

        threading.Thread(target=serve, daemon=True).start()
        return ours

    def netlink(self, deadline: float = 0.1, change_deadline: float = 0.1) -> Netlink:
        return Netlink(open_socket=self.open_socket, deadline=deadline, change_deadline=change_deadline)


def message(kind: int, sequence: int, body: bytes = b"", flags: int = 0) -> bytes:
    return HEADER.pack(16 + len(body), kind, flags, sequence, 0) + body


def done(sequence: int) -> bytes:
    return message(3, sequence, struct.pack("=i", 0))


def error(sequence: int, number: int) -> bytes:
    return message(2, sequence, struct.pack("=i", -number) + bytes(16))


def test_a_silent_kernel_is_given_up_at_the_deadline_and_asked_anew_later() -> None:
    kernel = Kernel(lambda _: [])
    net = kernel.netlink(deadline=0.1)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        net.links()
    assert 0.09 < time.monotonic() - begun < 10
    kernel.answer = lambda sequence: [done(sequence)]
    assert net.links() == ()
    assert kernel.opened == 2


def test_a_change_is_waited_for_longer_than_a_read() -> None:
    net = Kernel(lambda _: []).netlink(deadline=0.01, change_deadline=0.3)
    begun = time.monotonic()
    with pytest.raises(TimedOut, match=r"the kernel has not answered for 0\.3 s"):
        net.add_veth("eth0", "far0")
    assert time.monotonic() - begun > 0.25


def test_a_kernel_that_talks_for_ever_is_given_up_too() -> None:
    link = message(16, 0, bytes(16))
    net = Kernel(lambda sequence: [message(16, sequence + 1, bytes(16)), link] * 20000).netlink(deadline=0.1)
    begun = time.monotonic()
    with pytest.raises(TimedOut):
        net.links()
    assert time.monotonic() - begun < 10


def test_answers_to_a_request_that_was_given_up_are_not_taken_for_this_one() -> None:
    stale = error(0xDEAD, errno.EPERM)
    net = Kernel(lambda sequence: [stale, done(sequence)]).netlink()
    assert net.links() == ()


def test_a_dump_during_which_the_table_changed_is_asked_again() -> None:
    asked: list[int] = []

    def answer(sequence: int) -> list[bytes]:
        asked.append(sequence)
        return [message(3, sequence, struct.pack("=i", 0), flags=0x10 if len(asked) < 3 else 0)]

    assert Kernel(answer).netlink().links() == ()
    assert len(asked) == 3


@pytest.mark.parametrize(
    ("number", "name", "kind"),
    [(1, "EPERM", MechanismError), (19, "ENODEV", Missing), (3, "ESRCH", Missing), (95, "EOPNOTSUPP", MechanismError)],
)
def test_a_refusal_carries_the_errno_s_name(number: int, name: str, kind: type[MechanismError]) -> None:
    with pytest.raises(kind) as caught:
        Kernel(lambda sequence: [error(sequence, number)]).netlink().addresses()
    assert caught.value.code == name


def test_a_refusal_quotes_the_kernel_s_own_words() -> None:
    text = b"mtu too small\0"
    words = struct.pack("=HH", 4 + len(text), 1) + text
    original = HEADER.pack(16, 18, 0, 0, 0)
    body = struct.pack("=i", -errno.EINVAL) + original + words
    with pytest.raises(MechanismError, match="mtu too small"):
        Kernel(lambda sequence: [message(2, sequence, body, flags=0x200)]).netlink().links()


def test_a_kernel_without_bridges_has_no_bridge_tables() -> None:
    def answer(sequence: int) -> list[bytes]:
        return [error(sequence, errno.EOPNOTSUPP)]

    net = Kernel(answer).netlink()
    assert (net.bridge_vlans(), net.stations()) == ((), ())


@pytest.mark.slow
@settings(max_examples=150, deadline=None)
@given(st.sampled_from([16, 20, 24, 28]), st.binary(max_size=200), st.integers(0, 4))
def test_nonsense_is_a_mechanism_error_or_a_row_never_anything_else(kind: int, body: bytes, extra: int) -> None:
    def answer(sequence: int) -> list[bytes]:
        whole = message(kind, sequence, body)
        return [whole + bytes(extra), done(sequence)]

    net = Kernel(answer).netlink()
    for read in (net.links, net.addresses, net.routes, net.neighbours, net.bridge_vlans, net.stations):
        try:
            read()
        except MechanismError:
            net.close()


def test_a_watcher_that_missed_news_hears_everything() -> None:
    class Overrun(socket.socket):
        def recv(self, size: int, flags: int = 0) -> bytes:
            if not told:
                told.append(True)
                raise OSError(errno.ENOBUFS, "no buffer space")
            time.sleep(0.3)
            raise TimeoutError

    told: list[bool] = []
    news: list[frozenset[str]] = []
    stop = threading.Event()

    def heard(topics: frozenset[str]) -> None:
        news.append(topics)
        if len(news) == 2:
            stop.set()

    Netlink(open_socket=lambda: Overrun(socket.AF_NETLINK, socket.SOCK_RAW, socket.NETLINK_ROUTE)).watch(heard, stop)
    assert news == [{"everything"}, {"everything"}]


def test_a_real_overrun_is_noticed(lab: Namespace) -> None:
    news: list[frozenset[str]] = []
    stop, listening, slow = threading.Event(), threading.Event(), threading.Event()

    class Small(socket.socket):
        def setsockopt(self, *arguments: object) -> None:
            if arguments[1] == socket.SO_RCVBUF:
                super().setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 2048)

    def open_small() -> socket.socket:
        return Small(fileno=lab.open_socket().detach())

    def heard(topics: frozenset[str]) -> None:
        news.append(topics)
        listening.set()
        if len(news) == 1:
            slow.wait(10)

    net = lab.netlink()
    net.add_veth("a", "b")
    thread = threading.Thread(target=Netlink(open_socket=open_small).watch, args=(heard, stop))
    thread.start()
    assert listening.wait(PATIENCE)
    for mtu in range(1000, 1040):
        net.set_link("a", mtu=mtu)
    slow.set()
    until(lambda: len(news) >= 2)
    stop.set()
    thread.join(PATIENCE)
    assert news[1] == {"everything"}


def test_another_namespace_is_read_and_this_thread_stays_where_it_is(lab: Namespace) -> None:
    net = Netlink(lab.path)
    if os.geteuid() != 0:
        with pytest.raises(MechanismError, match="not permitted"):
            net.links()
        return
    seen = {link.name for link in net.links()}
    lab.ip("link add only-here type veth peer name only-peer")
    assert seen == {"lo"}
    net.forget()
    assert {link.name for link in net.links()} == {"lo", "only-here", "only-peer"}
    assert "only-here" not in {link.name for link in Netlink().links()}


def test_a_namespace_that_does_not_exist_is_missing() -> None:
    with pytest.raises(Missing):
        Netlink("no-such-namespace").links()


def test_a_cable_between_two_namespaces_carries_a_neighbour(make_namespace: Callable[[], Namespace]) -> None:
    left, right = make_namespace(), make_namespace()
    veth(left, "wan", right, "lan")
    near, far = left.netlink(), right.netlink()
    near.add_address("wan", "192.0.2.1", 24)
    far.add_address("lan", "192.0.2.2", 24)
    ping = "import socket; s=socket.socket(type=socket.SOCK_DGRAM); s.sendto(b'x',('192.0.2.2',9)); print(1)"
    left.python(ping)
    ends = time.monotonic() + PATIENCE
    while not any(row.mac for row in near.neighbours()) and time.monotonic() < ends:
        time.sleep(0.02)
        near.forget()
    (row,) = [row for row in near.neighbours() if row.address == "192.0.2.2"]
    far.forget()
    there = far.link("lan")
    here = near.link("wan")
    assert there is not None
    assert here is not None
    assert row.mac == there.mac
    assert here.lower is None, "the other end is no lower layer, and it is elsewhere"
    assert far.link("lan").counters.rx_packets > 0


def test_importing_the_mechanism_does_not_import_pyroute2() -> None:
    code = "import sys, backends.netlink; print('pyroute2' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_who_is_patient_waits_for_a_table_as_long_as_for_a_change() -> None:
    netlink = Kernel(lambda _: []).netlink(deadline=0.05, change_deadline=0.2)
    with netlink.patiently(), pytest.raises(TimedOut, match=r"for 0\.2 s"):
        netlink.links()
    with pytest.raises(TimedOut, match=r"for 0\.05 s"):
        netlink.links()
