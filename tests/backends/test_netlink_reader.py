"""Reading: each table once, and afresh after what changed it."""

import socket

import pytest

from backends.errors import MechanismError, Missing
from backends.netlink_reader import NetlinkReader
from backends.netlink_socket import open_route_socket


def refused() -> socket.socket:
    raise OSError(1, "not permitted")


def test_a_table_is_read_once_until_it_is_forgotten() -> None:
    opened: list[socket.socket] = []

    def counting() -> socket.socket:
        opened.append(open_route_socket())
        return opened[-1]

    reader = NetlinkReader(open_socket=counting)
    links = reader.links()
    assert reader.links() is links
    reader.forget()
    assert reader.links() is not links
    assert len(opened) == 1, "one socket serves all"
    reader.close()


def test_what_is_not_there_is_missing() -> None:
    reader = NetlinkReader()
    with pytest.raises(Missing):
        reader.state_age("no-such-link")
    assert reader.link("no-such-link") is None
    reader.close()


def test_a_kernel_that_is_not_to_be_asked_is_an_error() -> None:
    with pytest.raises(MechanismError):
        NetlinkReader(open_socket=refused).links()
