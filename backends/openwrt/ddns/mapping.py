"""Servers, clients and names of dynamic DNS in /etc/config/ddns, and what ddns-scripts cannot make of them.

What is refused, and why: a service that is not installed; another address for a service that a script asks; checks
more often than every five minutes, for which the scripts wait; no retries at all, since 0 means endless ones there;
user names and passwords beyond printable ASCII or with a backslash, which the scripts cannot encode, and for services
that a script asks whatever means something to a shell, since their scripts put both into commands.
"""

import re
from collections.abc import Collection, Hashable
from typing import Final

from backends.desired_state import NotOurs, Record, Refused, Wanted
from backends.dynamic_dns.configuration import is_name
from backends.dynamic_dns.records import KINDS, Client, Hostname, Server
from backends.openwrt.configured import Read
from backends.openwrt.ddns.document import document
from backends.openwrt.ddns.places import HTTP, HTTPS, Services
from backends.openwrt.ddns.sections import DDNS, DdnsSections
from backends.openwrt.dhcp import NETWORK, Ground
from backends.openwrt.differences import Difference
from backends.openwrt.interfaces import interfaces
from backends.openwrt.sections import fresh, write
from backends.uci import Edits

SHORTEST_CHECK: Final = 300
"""Seconds."""
SAYABLE: Final = re.compile(r"[\x20-\x5b\x5d-\x7e]*")
"""Without the backslash, which awk takes away as they encode it."""
SHELL: Final = re.compile(r"""["'`$!();><{}?|\[\]*\\&#~\s]""")
"""What means something to a shell."""


class DdnsMapping:
    """See backends.openwrt.configured.Mapping. ``may_change_system``: whether what has no interface may be changed."""

    packages = (DDNS, NETWORK)
    kinds = KINDS

    def __init__(self, ground: Ground, services: Services, may_change_system: bool) -> None:
        self.services = services
        self._ground = ground
        self._may_change_system = may_change_system

    def surroundings(self) -> Hashable:
        """The links and their rows, and the services that are installed."""
        return tuple(sorted(self._ground.present().items())), self._ground.links(), self.services.names()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        return self.sections(read).wanted

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping. What a person has configured is as it is."""
        changed = Difference.between(before, after).after
        for key, server in changed.of(Server).items():
            self._check_server(key, server, before.of(Server).get(key, Server()))
        for key, client in after.of(Client).items():
            server = after.get(Server, client.server)
            if key in changed.of(Client) or client.server in changed.of(Server):
                self._check_account(key, client, server.service)
            if key in changed.of(Client):
                self._check_link(key, client)
        for key, hostname in changed.of(Hostname).items():
            if hostname.name and hostname.name != before.get(Hostname, key).name and not is_name(hostname.name):
                raise Refused("a full domain name is needed", Hostname, key, ("name",))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        here = self.sections(edits.read)
        write(edits, DDNS, document(here, before), document(here, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - the ACS is not reached by it
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - they are all sections, or become some
        """See Mapping."""
        return fresh(taken)

    def sections(self, read: Read) -> DdnsSections:
        """The package as it is read."""
        found = interfaces(read(NETWORK), self._ground.present())
        return DdnsSections(read(DDNS), found, self._ground.row_of, self._ground.link_of, self.services)

    def protocols(self, service: str) -> list[str]:
        """How a service can be asked here."""
        provider = self.services.provider(service, ipv6=False) or self.services.provider(service, ipv6=True)
        secure = [HTTPS] if self.services.has_tls() else []
        if provider is None:
            return [] if service else [HTTP, *secure]
        return [*([HTTP] if provider.url.lower().startswith("http:") else []), *secure]

    def _check_server(self, key: str, server: Server, was: Server) -> None:
        if server.service and server.service != was.service and not self.services.knows(server.service):
            raise Refused("one of SupportedServices is needed: no other is installed", Server, key, ("service",))
        if server.address and server.address != was.address and not is_name(server.address):
            raise Refused("a host name with a dot or an IPv4 address is needed", Server, key, ("address",))
        allowed = self.protocols(server.service)
        if server.protocol and server.protocol not in allowed and server.protocol != was.protocol:
            reason = f"the service is asked by {' or '.join(allowed) or 'no protocol yet'}"
            raise Refused(reason, Server, key, ("protocol",))
        if server.check_interval < SHORTEST_CHECK and server.check_interval != was.check_interval:
            raise Refused("ddns-scripts look every 300 seconds at most", Server, key, ("check_interval",))
        if not server.retry_interval and was.retry_interval:
            raise Refused("ddns-scripts wait before they try again", Server, key, ("retry_interval",))
        if not server.max_retries and was.max_retries:
            reason = "ddns-scripts cannot do without retries: 4294967295 is for as many as it takes"
            raise Refused(reason, Server, key, ("max_retries",))

    def _check_account(self, key: str, client: Client, service: str) -> None:
        families = (self.services.provider(service, ipv6) for ipv6 in (False, True))
        is_script = any(one is not None and one.script for one in families)
        for field in ("username", "password"):
            text = getattr(client, field)
            if not SAYABLE.fullmatch(text):
                reason = "ddns-scripts can encode printable ASCII only, and no backslash"
                raise Refused(reason, Client, key, (field,))
            if is_script and SHELL.search(text):
                reason = f"the script that asks {service} takes nothing that means something to a shell"
                raise Refused(reason, Client, key, (field,))

    def _check_link(self, key: str, client: Client) -> None:
        link = self._ground.link_of(client.interface)
        if not client.enable:
            return
        if client.interface is None and not self._may_change_system:
            raise NotOurs("without an Interface, [system] manage = true is needed", Client, key, ("interface",))
        if link is not None and not self._ground.may_change(link):
            reason = f"{link} is not given to the agent ([network] manage)"
            raise NotOurs(reason, Client, key, ("enable", "interface"))
