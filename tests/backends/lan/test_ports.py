"""Who has a port is found by asking the kernel, and named by its process."""

import os
import socket

import pytest

from backends.lan.ports import PortsInTheWay, holder_of, listeners, process_of


@pytest.fixture
def bound() -> socket.socket:
    made = socket.socket(type=socket.SOCK_DGRAM)
    made.bind(("127.0.0.1", 0))
    return made


def test_a_socket_is_found_by_its_port_and_its_process_by_the_socket(bound: socket.socket) -> None:
    port = bound.getsockname()[1]
    (one,) = listeners(port)
    assert (one.address, one.link_index) == ("127.0.0.1", 0)
    holder = process_of(one.inode)
    assert holder is not None
    assert holder[0] == os.getpid()
    assert holder_of(one.inode) == f"the agent itself (process {os.getpid()})"
    bound.close()
    assert listeners(port) == []
    assert process_of(one.inode) is None
    assert holder_of(one.inode) == "another program"


def test_only_others_on_this_link_are_in_the_way(bound: socket.socket) -> None:
    port = bound.getsockname()[1]
    here = PortsInTheWay(lambda _: (1, {"127.0.0.1"}), list)
    assert f"(process {os.getpid()})" in str(here(port, "lo"))
    assert PortsInTheWay(lambda _: (2, {"192.0.2.1"}), list)(port, "br0") is None
    assert PortsInTheWay(lambda _: (1, {"127.0.0.1"}), lambda: [os.getpid()])(port, "lo") is None
    bound.close()


def test_a_kernel_that_does_not_tell_names_nobody() -> None:
    def refuse() -> socket.socket:
        raise PermissionError

    assert listeners(53, refuse) == []


def test_a_port_of_both_protocols_is_taken_by_either(monkeypatch: pytest.MonkeyPatch) -> None:
    with socket.create_server(("127.0.0.1", 0)) as made:
        port = made.getsockname()[1]
        assert listeners(port) == []
        monkeypatch.setattr("backends.lan.ports.WITH_TCP", frozenset({port}))
        assert [one.address for one in listeners(port)] == ["127.0.0.1"]
