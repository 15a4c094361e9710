"""/etc/config/ddns as it is read: which section says what of servers, clients and names.

A section ``service`` is all three at once: an account at a service, and one name. So it is a row of each table, as long
as no other row says the same: the client's key is the section's with _client behind it, the server's that with _server.
Where a client has several names, or none, it is kept in a section ``cpe_client`` of our own, which ddns-scripts passes
over, and its names' sections say whose they are; a server likewise in ``cpe_server``. All of them repeat in words of
OpenWrt's own what their service is told: a person may change it there, and is believed.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from backends.desired_state import Pointer, Wanted
from backends.dynamic_dns.records import Client, Hostname, Server
from backends.openwrt.ddns.places import HTTP, HTTPS, Provider, Services, at, place_of
from backends.openwrt.interfaces import Interface
from backends.openwrt.sections import Sections, truth
from backends.uci import Section

DDNS: Final = "ddns"
SERVICE, SERVER, CLIENT = "service", "cpe_server", "cpe_client"
"""Types of sections; the last two are also the options that say whose a service is."""
NAME, KNOWN_AS, OFF = "cpe_name", "cpe_service", "cpe_off"
"""A server's name; the service whose URL leads elsewhere; what of a service that is off is switched off, or missing."""
NO_SERVER: Final = "-"
"""What the key of a server begins with that has gone."""
ENDLESS: Final = 0xFFFFFFFF
"""As many retries as somebody who never gives up makes."""
UNITS: Final = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}
USUAL_CHECK, USUAL_RETRY = 600, 60
"""Seconds where nothing is said."""


@dataclass(frozen=True)
class DdnsSections(Sections):
    """``row_of`` is the row of a link, ``link_of`` the link of a row."""

    interfaces: Mapping[str, Interface]
    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    services: Services
    _homes: dict[tuple[type, str], Section] = field(default_factory=dict)

    @cached_property
    def wanted(self) -> Wanted:
        """What all of it says."""
        servers, clients, names = dict[str, Server](), dict[str, Client](), dict[str, Hostname]()
        for key, section in self.all.items():
            if section.type == SERVER:
                servers[key] = replace(self.server(section, ""), enable=truth(section, "enabled", False))
                self._homes[Server, key] = section
            elif section.type == CLIENT:
                said = replace(self.client(section), enable=truth(section, "enabled", False))
                clients[key] = replace(said, server=section.text(SERVER))
                self._homes[Client, key] = section
        explicit = frozenset(clients)
        for key, section in self.all.items():
            if section.type == SERVICE:
                names[key] = self._service(key, section, servers, clients, explicit)
                self._homes[Hostname, key] = section
        return Wanted(1, {Server: servers, Client: clients, Hostname: names})

    def home(self, kind: type, key: str) -> Section:
        """The section that says a record; without any option where none does yet."""
        found = self._homes if self.wanted else {}  # it was read by that
        return found.get((kind, key)) or Section("", "", "")

    def server(self, section: Section, name: str) -> Server:
        """What a section says of a server, which is on; ``name`` is its own where it has no other."""
        known_as, url = section.text(KNOWN_AS), section.text("update_url")
        service, place = section.text("service_name"), None
        if not service and url:
            provider = self.services.provider(known_as, is_ipv6(section)) if known_as else None
            place = place_of(url)
            if provider and place and at(provider.url, place.address, place.port) == url:
                service = known_as
            else:
                known_as = ""
        asked = self.url_of(service, section)
        protocol = HTTPS if truth(section, "use_https", False) else HTTP
        is_own = not section.text("use_https") or (protocol == HTTP and asked.startswith("https"))
        return Server(
            enable=True,
            name=section.text(NAME) or name,
            service=service,
            address=place.address if place else "",
            port=place.port if place else 0,
            protocol="" if is_own else protocol,
            check_interval=seconds(section, "check", USUAL_CHECK),
            retry_interval=seconds(section, "retry", USUAL_RETRY),
            max_retries=number(section, "retry_max_count", 0) or ENDLESS,
        )

    def client(self, section: Section) -> Client:
        """What a section says of a client, which is on."""
        return Client(
            enable=True,
            interface=self.pointer(section),
            username=section.text("username"),
            password=section.text("password"),
        )

    def url_of(self, service: str, section: Section) -> str:
        """What is asked; "" where a script does it, or nothing is known."""
        provider = self.provider(service, section) if service else None
        return provider.url if provider else section.text("update_url")

    def provider(self, service: str, section: Section) -> Provider | None:
        """How a service is asked by the family of a section; None where it is not installed."""
        return self.services.provider(service, is_ipv6(section))

    def pointer(self, section: Section) -> Pointer | None:
        """The interface whose address is published; None where nobody said which."""
        link = section.text("ip_interface") if source(section) == "interface" else ""
        found = self.interfaces.get(interface_name(section))
        link = link or (found.link if found else "")
        return self.row_of(link) if link else None

    # -- inside -------------------------------------------------------------------------------------------------------

    def _service(
        self, key: str, section: Section, servers: dict[str, Server], clients: dict[str, Client],
        explicit: frozenset[str],
    ) -> Hostname:  # fmt: skip
        is_on, off = truth(section, "enabled", False), section.text(OFF).split()
        said = Hostname(
            enable=is_on or not off or "hostname" not in off, name=section.text("lookup_host") or section.text("domain")
        )
        owner = section.text(CLIENT)
        if owner in explicit and self._agrees(section, servers, clients[owner], is_on):
            return replace(said, parent=owner, enable=is_on or (bool(off) and "hostname" not in off))
        if not owner or owner in clients:
            owner = f"{key}_client"
        off = off or ["client"]
        server = self._server_of(key, section, servers, is_on or "server" not in off)
        clients[owner] = replace(self.client(section), enable=is_on or "client" not in off, server=server)
        self._homes[Client, owner] = section
        return replace(said, parent=owner)

    def _server_of(self, key: str, section: Section, servers: dict[str, Server], is_on: bool) -> str:
        """The key of a service's server, which the service says itself where nobody else does."""
        named = section.text(SERVER)
        if named.startswith(NO_SERVER):
            return named.removeprefix(NO_SERVER)
        said = replace(self.server(section, ""), enable=is_on)
        if named in servers:
            if self._same(said, servers[named]) and (servers[named].enable or not truth(section, "enabled", False)):
                return named
            named = ""
        own = f"{key}_server"
        named = named or own
        servers[named] = replace(said, name=said.name or key) if named == own else said
        self._homes[Server, named] = section
        return named

    def _agrees(self, section: Section, servers: Mapping[str, Server], client: Client, is_on: bool) -> bool:
        """Whether a service is told what its client and that one's server say: else somebody made it another one."""
        server = servers.get(client.server)
        if is_on and not (client.enable and server is not None and server.enable):
            return False
        same = replace(self.client(section), enable=client.enable, server=client.server) == client
        return same and (server is None or self._same(self.server(section, ""), server))

    @staticmethod
    def _same(said: Server, server: Server) -> bool:
        return replace(said, enable=server.enable, name=server.name) == server


def is_ipv6(section: Section) -> bool:
    """Whether it publishes an IPv6 address."""
    return truth(section, "use_ipv6", False)


def source(section: Section) -> str:
    """Where the address is looked up: network, interface, web or script."""
    return section.text("ip_source") or "network"


def interface_name(section: Section) -> str:
    """The interface of netifd's that a service is about; "" where nobody said which: wan then, or wan6."""
    return (section.text("ip_network") if source(section) == "network" else "") or section.text("interface")


def seconds(section: Section, what: str, usual: int) -> int:
    """An interval as the scripts count it."""
    if not section.text(f"{what}_interval"):
        return usual
    usual_unit = "minutes" if what == "check" else "seconds"
    return number(section, f"{what}_interval", 0) * UNITS.get(section.text(f"{what}_unit") or usual_unit, 1)


def number(section: Section, option: str, usual: int) -> int:
    """A number; what is none is the usual one."""
    text = section.text(option)
    return int(text) if text.isascii() and text.isdecimal() and len(text) < 10 else usual
