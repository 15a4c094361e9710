"""UDPEchoConfig: an ACS switches the server on, somebody asks it, and its counts read by name."""

import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from ipaddress import IPv4Interface, ip_interface
from types import SimpleNamespace
from typing import Any

import pytest

from agent.model.coverage import coverage
from agent.model.errors import Refusals
from agent.model.own_values import OwnValues
from backends.desired_state import Pointer, Refused, Wanted
from backends.fw4_door import Opening
from backends.tr181.diagnostics_echo_server import EchoConfig, EchoService, EchoTables, udp_echo, udp_echo_config
from backends.tr181.mechanisms import Mechanisms
from tests.backends.ieee8021x.port import entered
from tests.backends.small_device import SmallDevice
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE

CONFIG = "Device.IP.Diagnostics.UDPEchoConfig."


class Device(SmallDevice):
    def __init__(self, **again: Any) -> None:
        nothing: Any = None
        self.own = [ip_interface("192.0.2.1/24"), ip_interface("2001:db8::1/64"), ip_interface("192.0.2.128/31")]
        self.tables = EchoTables(EchoService(lambda _: None, lambda: [(socket.IPPROTO_UDP, 7547)], lambda: self.own))
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
        {"SourceIPAddress": "255.255.255.255"},
        {"SourceIPAddress": "192.0.2.1"},
        {"SourceIPAddress": "192.0.2.255"},
        {"SourceIPAddress": "2001:DB8:0::1"},
        {"SourceIPAddress": "::ffff:192.0.2.9"},
        {"Enable": "1", "UDPPort": "0"},
        {"Enable": "1", "UDPPort": "65536"},
        {"Enable": "1", "UDPPort": "7547"},
        {"Interface": "Device.IP.Interface.77"},
    ],
)
def test_what_makes_no_sense_is_refused(device: Device, values: dict[str, str]) -> None:
    assert device.refused({CONFIG + name: text for name, text in values.items()})


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"SourceIPAddress": "nobody"}, "SourceIPAddress is no host's address"),
        ({"Enable": "1", "UDPPort": "0"}, "UDPPort has to be 1 to 65535"),
    ],
)
def test_a_refusal_names_the_parameter_as_tr181_does(device: Device, values: dict[str, str], said: str) -> None:
    with pytest.raises(Refusals) as refused:
        device.set({CONFIG + name: text for name, text in values.items()})
    assert {one.reason for one in refused.value.refusals} == {said}


def test_its_own_addresses_are_those_of_its_links_but_for_the_loopback() -> None:
    nothing: Any = None
    addresses = [("192.0.2.1", 24), ("127.0.0.1", 8), ("::1", 128), ("fe80::1", 64)]
    netlink: Any = SimpleNamespace(
        addresses=lambda: [SimpleNamespace(address=one, prefix_length=length) for one, length in addresses]
    )
    links: Any = SimpleNamespace(link_of=lambda _: None)
    given = Mechanisms(netlink, *[nothing] * 5, OwnValues({}, {}), links=links)
    echo = udp_echo(given).provides["udp_echo"].echo
    for address in ("192.0.2.1", "fe80::1"):
        with pytest.raises(Refused, match="own"):
            echo.check(Wanted().with_record("", EchoConfig(source_ip_address=address)))
    echo.check(Wanted().with_record("", EchoConfig(source_ip_address="127.0.0.1")))


def test_while_no_client_is_named_it_listens_nowhere(device: Device) -> None:
    device.set({f"{CONFIG}Enable": "1", f"{CONFIG}UDPPort": str(free_port())})
    assert device.tables.ports() == []
    assert device.get(f"{CONFIG}Enable") == "true"


def test_a_client_whose_address_has_become_our_own_is_not_answered_and_the_server_can_be_disabled(
    device: Device,
) -> None:
    port = free_port()
    device.set({f"{CONFIG}Enable": "1", f"{CONFIG}SourceIPAddress": "127.0.0.1", f"{CONFIG}UDPPort": str(port)})
    device.own.append(IPv4Interface("127.0.0.1/8"))
    device.tables.reapply()
    assert device.tables.ports() == []
    device.set({f"{CONFIG}UDPPort": str(free_port())})
    device.set({f"{CONFIG}Enable": "0"})
    assert device.refused({f"{CONFIG}Enable": "1"})
    device.set({f"{CONFIG}Enable": "1", f"{CONFIG}SourceIPAddress": "192.0.2.129"})


def test_a_server_whose_interface_has_gone_can_be_disabled_and_not_enabled_again() -> None:
    links: list[str | None] = ["lo"]
    echo = EchoService(lambda _: links[-1], list, list)
    enabled = EchoConfig(enable=True, interface=Pointer("Device.IP.Interface.{i}.", ("lo",)))

    def wanted(config: EchoConfig) -> Wanted:
        return Wanted().with_record("", config)

    echo.check(wanted(enabled))
    echo.apply(wanted(enabled))
    links.append(None)
    disabled = replace(enabled, enable=False)
    echo.check(wanted(disabled))
    echo.apply(wanted(disabled))
    with pytest.raises(Refused, match="is no interface"):
        echo.check(wanted(enabled))


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may enter a network namespace from within a process")
def test_an_interface_that_went_is_let_go_and_listened_at_when_it_is_back(
    make_namespace: Callable[[], Namespace],
) -> None:
    home, neighbour = make_namespace(), make_namespace()
    echo = EchoService(lambda _: "wan", list, list)
    wan = Pointer("Device.IP.Interface.{i}.", ("wan",))
    kept = EchoConfig(enable=True, interface=wan, source_ip_address="192.0.2.2", udp_port=7007)

    def comes() -> None:
        veth(home, "wan", neighbour, "far")
        home.ip("address add 192.0.2.1/24 dev wan")
        neighbour.ip("address add 192.0.2.2/24 dev far")

    def look() -> bool:
        with entered(home):
            return echo.apply(Wanted().with_record("", kept))

    with entered(neighbour):
        client = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    with client:
        client.settimeout(PATIENCE)

        def echoes() -> int:
            client.sendto(b"x", ("192.0.2.1", 7007))
            assert client.recv(10) == b"x"
            assert echo.server is not None
            return echo.server.counts.packets_received

        assert not look()
        comes()
        assert look()
        try:
            assert not look()
            assert echoes() == 1
            home.ip("link delete wan")
            assert look()
            assert echo.server is not None
            assert not echo.server.is_listening()
            comes()
            assert look()
            assert echoes() == 2
            home.ip("link delete wan")
            comes()
            assert look()  # it went and came before anybody looked
            assert echoes() == 3
            kept = replace(kept, enable=False)
            assert look()
            kept = replace(kept, enable=True)
            assert look()
            assert echoes() == 1
        finally:
            assert echo.server is not None
            echo.server.stop()


@pytest.mark.parametrize("port", [70_000, -1])
def test_a_damaged_port_is_nowhere_and_everything_can_be_read_and_mended(device: Device, port: int) -> None:
    kept = {"enable": True, "source_ip_address": "127.0.0.1", "udp_port": port}
    device.tables.restore({"records": {"EchoConfig": {"": kept}}})
    device.tables.apply_at_start()
    assert device.tables.ports() == []
    assert device.get(f"{CONFIG}UDPPort") == str(port)
    mended = free_port()
    device.set({f"{CONFIG}UDPPort": str(mended)})
    assert device.tables.ports() == [(socket.IPPROTO_UDP, mended)]


def test_damaged_fields_of_the_saved_server_are_the_defaults(device: Device) -> None:
    kept = {"enable": True, "source_ip_address": 5, "udp_port": "x", "interface": "junk"}
    device.tables.restore({"records": {"EchoConfig": {"": kept}}})
    device.tables.apply_at_start()
    assert device.tables.ports() == []
    names = ("Enable", "Interface", "SourceIPAddress", "UDPPort")
    assert [device.get(CONFIG + name) for name in names] == ["true", "", "", "7"]


def test_a_damaged_address_is_nobodys_and_keeps_no_other_service_from_its_own() -> None:
    echo = EchoService(lambda _: None, list, lambda: {ip_interface("192.0.2.1/24")})
    kept = EchoConfig(enable=True, source_ip_address="192.0.2.", udp_port=free_port())
    assert not echo.apply(Wanted().with_record("", kept))
    assert echo.server is None


def test_a_port_that_somebody_has_leaves_everything_as_it_was(device: Device) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as made:
        made.bind(("0.0.0.0", 0))
        values = {"Enable": "1", "SourceIPAddress": "127.0.0.1", "UDPPort": str(made.getsockname()[1])}
        assert device.refused({CONFIG + name: text for name, text in values.items()})
    assert device.get(f"{CONFIG}Enable") == "false"
