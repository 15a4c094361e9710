"""Device.IP.Diagnostics.UDPEchoConfig.: the UDP echo server for one client (TR-143 A.1)."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from ipaddress import ip_address
from socket import IPPROTO_UDP
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
        own: Callable[[], Collection[str]],
    ) -> None:
        """``taken``: protocol number and port of each place where the agent listens otherwise; ``own``: this machine's
        addresses.
        """
        self.server: EchoServer | None = None
        self._link_of = link_of
        self._taken = taken
        self._own = own

    def check(self, wanted: Wanted) -> None:
        """What is enabled has to be possible."""
        asked = wanted.get(EchoConfig)
        if asked.interface is not None and not self._link_of(asked.interface):
            raise Refused("{interface} is no interface of this machine", EchoConfig, fields=["interface"])
        if asked.source_ip_address and not _is_host(asked.source_ip_address):
            raise Refused("{source_ip_address} is no host's address", EchoConfig, fields=["source_ip_address"])
        if asked.source_ip_address in self._own():
            raise Refused("{source_ip_address} is this machine's own", EchoConfig, fields=["source_ip_address"])
        if asked.enable and not 0 < asked.udp_port <= LAST_PORT:
            raise Refused(f"{{udp_port}} has to be 1 to {LAST_PORT}", EchoConfig, fields=["udp_port"])
        if asked.enable and (IPPROTO_UDP, asked.udp_port) in self._taken():
            raise Refused("the agent itself listens at {udp_port}", EchoConfig, fields=["udp_port"])

    def cuts(self, _wanted: Wanted) -> bool:
        """It is nobody's way."""
        return False

    def apply(self, wanted: Wanted) -> bool:
        """Listen where it is asked for, or nowhere; an interface that is not there is waited for."""
        place = self._place(wanted)
        if self.server is None:
            if place is None:
                return False
            from backends.diagnostics.udp_echo_server import EchoServer

            self.server = EchoServer()
        return self.server.listen(place)

    def _place(self, wanted: Wanted) -> "EchoPlace | None":
        asked = wanted.get(EchoConfig)
        link = self._link_of(asked.interface) if asked.interface is not None else ""
        if not asked.enable or not asked.source_ip_address or link is None:
            return None
        from backends.diagnostics.udp_echo_server import EchoPlace

        return EchoPlace(asked.udp_port, asked.source_ip_address, link, asked.echo_plus_enabled)


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
    return Part("udp echo", {"udp_echo": tables}, tables)


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


def _addresses(given: Mechanisms) -> Collection[str]:
    """This machine's, but for those by which it speaks to itself."""
    found = {one.address for one in given.netlink.addresses()}
    return {one for one in found if not ip_address(one.partition("%")[0]).is_loopback}


def _is_host(text: str) -> bool:
    """Whether one machine may have this address."""
    try:
        address = ip_address(text)
    except ValueError:
        return False
    return "%" not in text and text != BROADCAST and not address.is_multicast and not address.is_unspecified
