"""How a file server is reached: as the ACS is, where the policy allows it."""

import os
import socket
from collections.abc import Callable

import pytest

from agent.runtime.endpoint import AcsEndpoint
from agent.runtime.wire import Address
from agent.transfers.cancelling import Cancelling
from agent.transfers.failures import Cause, TransferFailed
from agent.transfers.url_policy import UrlPolicy
from agent.transfers.way import Connector, Way


def connector(policy: UrlPolicy, interface: str = "") -> Connector:
    return Connector(Way(AcsEndpoint("", interface=interface)), policy, Cancelling(lambda: False))


def test_a_refused_address_does_not_even_see_a_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.setblocking(False)
        address = Address(socket.AF_INET, server.getsockname())
        with pytest.raises(TransferFailed) as failed:
            connector(UrlPolicy()).connect(address, 5)
        assert failed.value.cause is Cause.DENIED
        with pytest.raises(BlockingIOError):
            server.accept()
        connector(UrlPolicy(laboratory=True)).connect(address, 5).close()


def test_connections_are_bound_to_the_interface_of_the_sessions() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address(socket.AF_INET, server.getsockname())
        with connector(UrlPolicy(laboratory=True), "lo").connect(address, 5) as made:
            assert made.getsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, 16).rstrip(b"\0") == b"lo"
        with pytest.raises(OSError, match="No such device"):
            connector(UrlPolicy(laboratory=True), "none0").connect(address, 5)


def test_our_own_address_is_no_file_servers() -> None:
    """Whatever it is: here one of loopback's, which the policy is told to take for another."""

    class Blind(UrlPolicy):
        def check_address(self, address: str, own: str = "") -> None:
            UrlPolicy().check_address(address.replace("127.", "10."), own.replace("127.", "10."))

    with socket.create_server(("127.0.0.1", 0)) as server, pytest.raises(TransferFailed, match="this machine"):
        connector(Blind()).connect(Address(socket.AF_INET, server.getsockname()), 5)


def test_a_names_addresses_are_the_resolvers_and_its_trouble_is_told() -> None:
    def of(resolve: Callable[[str, int], list[Address]]) -> Connector:
        return Connector(Way(AcsEndpoint(""), resolve=resolve), UrlPolicy(), Cancelling(lambda: False))

    found = Address(socket.AF_INET, ("192.0.2.1", 80))
    assert list(of(lambda host, port: [found]).resolve("files.example", 80)) == [found]

    def unknown(host: str, port: int) -> list[Address]:
        raise socket.gaierror(-2, os.strerror(2))

    with pytest.raises(socket.gaierror):
        of(unknown).resolve("files.example", 80)
