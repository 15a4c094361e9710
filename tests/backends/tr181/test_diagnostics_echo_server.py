"""UDPEchoConfig: an ACS switches the server on, somebody asks it, and its counts read by name."""

import socket
from collections.abc import Iterator
from typing import Any

import pytest

from agent.model.coverage import coverage
from agent.model.own_values import OwnValues
from backends.fw4_door import Opening
from backends.tr181.diagnostics_echo_server import EchoService, EchoTables, udp_echo_config
from backends.tr181.mechanisms import Mechanisms
from tests.backends.small_device import SmallDevice

CONFIG = "Device.IP.Diagnostics.UDPEchoConfig."


class Device(SmallDevice):
    def __init__(self, **again: Any) -> None:
        nothing: Any = None
        self.tables = EchoTables(EchoService(lambda _: None, lambda: [(socket.IPPROTO_UDP, 7547)]))
        given = Mechanisms(
            nothing, nothing, nothing, nothing, nothing, nothing, OwnValues({}, {}), links=nothing, udp_echo=self.tables
        )
        super().__init__(udp_echo_config(given), backends=[self.tables], **again)
        self.tables.apply_at_start()


@pytest.fixture
def device() -> Iterator[Device]:
    made = Device()
    yield made
    if made.tables.echo.server is not None:
        made.tables.echo.server.stop()


def free_port() -> int:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("127.0.0.1", 0))
        return int(made.getsockname()[1])


def echoed(port: int, payload: bytes) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.settimeout(10)
        made.sendto(payload, ("127.0.0.1", port))
        return made.recv(100)


def test_the_profiles_are_whole(device: Device) -> None:
    for profile in coverage(device.model.tree, ["UDPEcho:1", "UDPEchoPlus:1"], lambda _: ""):
        assert profile.missing == (), profile


def test_an_acs_switches_it_on_and_reads_what_came_also_after_a_restart(device: Device) -> None:
    assert device.tables.echo.server is None  # nothing is loaded for what nobody asks for
    assert device.get(f"{CONFIG}TimeFirstPacketReceived") == "0001-01-01T00:00:00Z"
    port = free_port()
    device.set(
        {
            f"{CONFIG}Enable": "true",
            f"{CONFIG}SourceIPAddress": "127.0.0.1",
            f"{CONFIG}UDPPort": str(port),
            f"{CONFIG}EchoPlusEnabled": "true",
        }
    )
    assert echoed(port, b"x" * 30)[4:8] == b"\0\0\0\1"
    assert device.tables.ports() == [(socket.IPPROTO_UDP, port)]
    assert device.tables.openings() == (Opening(port, "127.0.0.1", "udp"),)
    assert device.tables.echo.server
    device.set({f"{CONFIG}Enable": "false"})
    assert device.tables.ports() == []
    assert not device.tables.openings()
    assert device.get(f"{CONFIG}PacketsReceived") == device.get(f"{CONFIG}PacketsResponded") == "1"
    assert device.get(f"{CONFIG}BytesReceived") == device.get(f"{CONFIG}BytesResponded") == "38"
    assert "." in device.get(f"{CONFIG}TimeLastPacketReceived")
    device.set({f"{CONFIG}Enable": "true"})
    device.tables.echo.server.stop()
    again = Device(store=device.store)
    try:
        assert echoed(port, b"again").startswith(b"again")
    finally:
        assert again.tables.echo.server
        again.tables.echo.server.stop()


@pytest.mark.parametrize(
    "values",
    [
        {"SourceIPAddress": "224.0.0.1"},
        {"SourceIPAddress": "nobody"},
        {"SourceIPAddress": "0.0.0.0"},
        {"Enable": "1", "UDPPort": "0"},
        {"Enable": "1", "UDPPort": "65536"},
        {"Enable": "1", "UDPPort": "7547"},
        {"Interface": "Device.IP.Interface.77"},
    ],
)
def test_what_makes_no_sense_is_refused(device: Device, values: dict[str, str]) -> None:
    assert device.refused({CONFIG + name: text for name, text in values.items()})


def test_while_no_client_is_named_it_listens_nowhere(device: Device) -> None:
    device.set({f"{CONFIG}Enable": "1", f"{CONFIG}UDPPort": str(free_port())})
    assert device.tables.ports() == []
    assert device.get(f"{CONFIG}Enable") == "true"


def test_a_port_that_somebody_has_leaves_everything_as_it_was(device: Device) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("0.0.0.0", 0))
        values = {"Enable": "1", "SourceIPAddress": "127.0.0.1", "UDPPort": str(made.getsockname()[1])}
        assert device.refused({CONFIG + name: text for name, text in values.items()})
    assert device.get(f"{CONFIG}Enable") == "false"
