"""How connections of one session are opened."""

import socket

import pytest

from agent.runtime.dialler import Dialler
from agent.runtime.endpoint import AcsEndpoint, Limits, Unreachable
from agent.runtime.wire import Address, connect_through


def test_a_name_is_asked_for_once_and_the_address_that_worked_is_tried_first_again() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_server(("127.0.0.1", 0)) as other:
        dead = other.getsockname()
        other.close()
        asked: list[str] = []
        tried: list[tuple[str, int]] = []

        def resolve(host: str, port: int) -> list[Address]:
            asked.append(host)
            return [Address(socket.AF_INET, dead), Address(socket.AF_INET, server.getsockname())]

        def connect(address: Address, seconds: float) -> socket.socket:
            tried.append(address.socket_address[:2])
            return connect_through("")(address, seconds)

        dialler = Dialler(AcsEndpoint("http://acs/"), Limits(), resolve, connect, wall_clock_trusted=True)
        for _ in range(2):
            wire = dialler.open("acs", 80, is_tls=False)
            assert wire.address == Address(socket.AF_INET, server.getsockname())
            wire.close()
        assert asked == ["acs"]
        assert tried == [dead, server.getsockname(), server.getsockname()]


@pytest.mark.parametrize(
    ("error", "words"), [(socket.gaierror(-2, "unknown"), "unknown"), (UnicodeError("label too long"), "no address")]
)
def test_a_name_that_is_not_found_is_named(error: Exception, words: str) -> None:
    def resolve(host: str, port: int) -> list[Address]:
        raise error

    dialler = Dialler(AcsEndpoint("http://acs/"), Limits(), resolve, connect_through(""), wall_clock_trusted=True)
    with pytest.raises(Unreachable, match=f"the name acs is not found: {words}"):
        dialler.open("acs", 80, is_tls=False)
