"""A table's flags are what the kernel says, and a table that is not there has none."""

import socket
from collections.abc import Callable

import pytest

from backends.errors import MechanismError
from backends.netlink_socket import inside
from backends.nftables import NETLINK_NETFILTER
from backends.nftables_flags import FAMILIES, table_flags
from tests.netlab.fixtures import make_namespace
from tests.netlab.namespace import Namespace
from tests.netlab.packet_filter import packet_filter

__all__ = ["make_namespace"]


def test_what_root_says_of_a_table_is_read(make_namespace: Callable[[], Namespace]) -> None:
    lab = make_namespace()
    packet_filter(lab)

    def open_socket() -> socket.socket:
        return inside(lab.path, lambda: socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_NETFILTER))

    for family in FAMILIES:
        for name in ("t", "longer"):  # padded otherwise
            assert table_flags(open_socket, family, name) is None
            lab.run("nft", f"add table {family} {name}")
            assert table_flags(open_socket, family, name) == 0
            lab.run("nft", f"add table {family} {name} {{ flags dormant; }}")
            assert table_flags(open_socket, family, name) == 1


def test_a_kernel_that_does_not_answer_is_a_failure() -> None:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    theirs.close()
    with pytest.raises(MechanismError, match="does not answer"):
        table_flags(lambda: ours, "inet", "t")
