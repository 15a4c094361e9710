"""Device.IP.Diagnostics.UDPEchoConfig.: the UDP echo server for one client (TR-143 A.1)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import IPv4Interface, IPv6Interface, ip_address, ip_interface
from socket import IPPROTO_UDP, if_nametoindex
from typing import TYPE_CHECKING, Any, Final

from agent.model.object import Object, Parameter
from backends.desired_state import Pointer, Record, Refused, Wanted
from backends.fw4_door import Opening
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import RecordTable
from backends.tr181.service import TableService

if TYPE_CHECKING:
    from backends.diagnostics.udp_echo_server import EchoPlace, EchoServer

CONFIG: Final = "Device.IP.Diagnostics.UDPEchoConfig."
LAST_PORT: Final = 65_535
COUNTED: Final = 0xFFFF_FFFF
BROADCAST: Final = "255.255.255.255"
ECHO: Final = 7
"""The port of RFC 862."""

Own = IPv4Interface | IPv6Interface
"""An address of this machine, with its network."""


@dataclass(frozen=True, slots=True, kw_only=True)
class EchoConfig(Record):
    """Nobody is answered while there is no ``source_ip_address``."""

    enable: bool = False
    interface: Pointer | None = None
    source_ip_address: str = ""
    udp_port: int = ECHO
    echo_plus_enabled: bool = False


class EchoService:
    """See backends.desired_state.Service. Where nothing was ever enabled, nothing is loaded for it."""

    def __init__(
        self,
        link_of: Callable[[Pointer], str | None],
        taken: Callable[[], Collection[tuple[int, int]]],
        own: Callable[[], Collection[Own]],
    ) -> None:
        """``taken``: protocol number and port of each place where the agent listens otherwise."""
        self.server: EchoServer | None = None
        self._link_of = link_of
        self._taken = taken
        self._own = own
        self._in_force = EchoConfig()

    def check(self, wanted: Wanted) -> None:
        """What is named or enabled has to be possible; what has become impossible since can be disabled."""
        asked, before = wanted.get(EchoConfig), self._in_force
        is_new = asked.enable and not before.enable
        is_named = is_new or asked.interface != before.interface
        if is_named and asked.interface is not None and not self._link_of(asked.interface):
            raise Refused("{interface} is no interface of this machine", EchoConfig, fields=["interface"])
        if asked.source_ip_address and not _is_host(asked.source_ip_address):
            raise Refused("{source_ip_address} is no host's address", EchoConfig, fields=["source_ip_address"])
        if (is_new or asked.source_ip_address != before.source_ip_address) and self._is_ours(asked.source_ip_address):
            reason = "{source_ip_address} is this machine's own, or all of a network of its"
            raise Refused(reason, EchoConfig, fields=["source_ip_address"])
        if asked.enable and not _is_port(asked.udp_port):
            raise Refused(f"{{udp_port}} has to be 1 to {LAST_PORT}", EchoConfig, fields=["udp_port"])
        if asked.enable and (IPPROTO_UDP, asked.udp_port) in self._taken():
            raise Refused("the agent itself listens at {udp_port}", EchoConfig, fields=["udp_port"])

    def cuts(self, _wanted: Wanted) -> bool:
        """It is nobody's way."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """Listen where it is asked for, or nowhere; an interface that is not there is waited for."""
        was_enabled, self._in_force = self._in_force.enable, wanted.get(EchoConfig)
        place = self._place(self._in_force)
        if self.server is None:
            if place is None:
                return False
            from backends.diagnostics.udp_echo_server import EchoServer

            self.server = EchoServer()
        return self.server.listen(place, is_enabled_now=self._in_force.enable and not was_enabled)

    def _is_ours(self, text: str) -> bool:
        """Whether nobody else has this address: who answers it would answer himself, or everybody."""
        if not text:
            return False
        address = ip_address(text)
        return any(address in (one.ip, _broadcast_of(one)) for one in self._own())

    def _place(self, asked: EchoConfig) -> "EchoPlace | None":
        link = self._link_of(asked.interface) if asked.interface is not None else ""
        client = asked.source_ip_address
        if not asked.enable or link is None or not _is_port(asked.udp_port):
            return None
        if not _is_host(client) or self._is_ours(client):
            return None
        try:
            index = if_nametoindex(link) if link else 0
        except OSError:
            return None
        from backends.diagnostics.udp_echo_server import EchoPlace

        return EchoPlace(asked.udp_port, client, link, asked.echo_plus_enabled, index)


WORDS: Final = {"source_ip_address": ("SourceIPAddress",), "udp_port": ("UDPPort",)}
"""By field, the parameter, where it is not the field's words in a row."""


class EchoTables(TableService):
    """The backend of the object."""

    def __init__(self, service: EchoService) -> None:
        super().__init__("udp echo", (EchoConfig,), service, {EchoConfig: CONFIG}, WORDS)
        self.echo = service

    def ports(self) -> list[tuple[int, int]]:
        """Protocol number and port where it listens now."""
        server = self.echo.server
        place = server.place if server is not None else None
        return [(IPPROTO_UDP, place.port)] if place is not None else []

    def openings(self) -> tuple[Opening, ...]:
        """What a firewall has to let in."""
        server = self.echo.server
        place = server.place if server is not None else None
        return (Opening(place.port, place.client, "udp"),) if place is not None else ()


def udp_echo(given: Mechanisms) -> Part:
    """Every machine can answer."""
    tables = EchoTables(EchoService(given.links.link_of, given.own_ports, lambda: _addresses(given)))
    return Part("udp echo", {"udp_echo": tables}, tables, follows=frozenset({"link", "address"}))


def udp_echo_config(mechanisms: Mechanisms) -> list[Object[Any]]:
    """The one object."""
    tables = mechanisms.udp_echo
    if tables is None:
        return []
    table = RecordTable(tables, EchoConfig, CONFIG)

    def count(name: str, field: str) -> Parameter[Any, int]:
        return Parameter(name, lambda _: _counted(tables, field, 0) & COUNTED)

    def time(name: str, field: str) -> Parameter[Any, Any]:
        return Parameter(name, lambda _: _counted(tables, field, None))

    parameters = [
        *table.plain("Enable", "SourceIPAddress", "UDPPort", "EchoPlusEnabled"),
        table.reference("Interface", "Device.IP.Interface.{i}."),
        Parameter("EchoPlusSupported", lambda _: True),
        count("PacketsReceived", "packets_received"),
        count("PacketsResponded", "packets_responded"),
        count("BytesReceived", "bytes_received"),
        count("BytesResponded", "bytes_responded"),
        time("TimeFirstPacketReceived", "first_received"),
        time("TimeLastPacketReceived", "last_received"),
    ]
    return [table.object(parameters, "a UDP echo server of the agent's")]


def _counted(tables: EchoTables, field: str, otherwise: Any) -> Any:
    server = tables.echo.server
    return getattr(server.counts, field) if server is not None else otherwise


def _addresses(given: Mechanisms) -> Collection[Own]:
    """This machine's, but for those by which it speaks to itself."""
    found = {ip_interface(f"{one.address.partition('%')[0]}/{one.prefix_length}") for one in given.netlink.addresses()}
    return {one for one in found if not one.is_loopback}


def _broadcast_of(own: Own) -> object:
    """The address of all in its network; None where there is none (RFC 3021)."""
    return own.network.broadcast_address if own.version == 4 and own.network.prefixlen < 31 else None


def _is_port(number: int) -> bool:
    return 0 < number <= LAST_PORT


def _is_host(text: str) -> bool:
    """Whether one machine may have this address, and speaks by it on a wire."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    is_one = text != BROADCAST and not address.is_multicast and not address.is_unspecified
    return is_one and "%" not in text and getattr(address, "ipv4_mapped", None) is None
