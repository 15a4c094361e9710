"""What a ddclient of ours is told: its configuration file, from records that were checked. Pure.

ddclient strips comments and joins lines before it knows of quotes, and looks for passwords before both: so what is
rendered is narrower than what its manual allows, and everything else is refused.
"""

import re
from collections.abc import Sequence
from typing import Final, NamedTuple

from backends.dynamic_dns.records import Client, Server

HTTP, HTTPS = "HTTP", "HTTPS"


class Provider(NamedTuple):
    """A service that ddclient knows (its "protocol"). ``in_url``: the account is part of the address that is asked.

    ``plain``: it can be asked without TLS.
    """

    server: str
    needs_login: bool = True
    in_url: bool = False
    plain: bool = False


PROVIDERS: Final = {
    "changeip": Provider("nic.changeip.com"),
    "dondominio": Provider("dondns.dondominio.com", in_url=True),
    "duckdns": Provider("www.duckdns.org", needs_login=False, in_url=True),
    "dyndns2": Provider("members.dyndns.org", plain=True),
    "easydns": Provider("api.cp.easydns.com"),
    "freemyip": Provider("freemyip.com", needs_login=False, in_url=True),
    "namecheap": Provider("dynamicdns.park-your-domain.com", in_url=True),
    "noip": Provider("dynupdate.no-ip.com"),
    "ovh": Provider("www.ovh.com"),
    "sitelutions": Provider("www.sitelutions.com", in_url=True),
    "zoneedit1": Provider("dynamic.zoneedit.com"),
}
"""Those for which an account and a name are all that has to be told, since ddclient 3.10 until 4.0 at least."""

LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
NAME: Final = re.compile(rf"{LABEL}(?:\.{LABEL})+")
"""A name with a dot: what has none is no server for ddclient, and no name that a service gives."""
LONGEST_NAME: Final = 253
IN_URL: Final = re.compile(r"[A-Za-z0-9._~@-]*")
SAYABLE: Final = re.compile(r"[^\x00-\x20\x7f]*")
LINK: Final = re.compile(r"[A-Za-z0-9:._-]+")
"""A link's name as ddclient takes it; it gives it to a shell."""
ONCE_A_DAY: Final = 86_400
SHORTEST_CHECK: Final = 60
"""Seconds; ddclient looks no oftener."""


class Unsayable(ValueError):
    """ddclient cannot be told this."""

    def __init__(self, reason: str, field: str) -> None:
        super().__init__(reason)
        self.field = field


def protocols(service: str, has_tls: bool) -> list[str]:
    """How a service can be asked here."""
    provider = PROVIDERS.get(service)
    return [] if provider is None else [HTTP] * provider.plain + [HTTPS] * has_tls


def services(has_tls: bool) -> list[str]:
    """The services that can be asked here."""
    return [name for name in PROVIDERS if protocols(name, has_tls)]


def check_server(server: Server, has_tls: bool) -> None:
    """Raise Unsayable for what ddclient cannot be told."""
    if server.service and server.service not in services(has_tls):
        raise Unsayable(f"one of {', '.join(services(has_tls))} is needed", "service")
    if server.address and not is_name(server.address):
        raise Unsayable("a host name with a dot or an IPv4 address is needed", "address")
    allowed = protocols(server.service, has_tls)
    if server.protocol and server.protocol not in allowed:
        raise Unsayable(f"the service is asked by {' or '.join(allowed) or 'no protocol yet'}", "protocol")


def check_client(client: Client, service: str) -> None:
    """Raise Unsayable for what ddclient cannot be told, or not for this service."""
    for field in ("username", "password"):
        text = getattr(client, field)
        if not SAYABLE.fullmatch(text):
            raise Unsayable("neither blanks nor control characters are possible", field)
        if service in PROVIDERS and PROVIDERS[service].in_url and not IN_URL.fullmatch(text):
            raise Unsayable(f"{service} takes letters, digits and . _ ~ @ - only", field)
    if "#" in client.username:
        raise Unsayable("# begins a comment wherever it stands", "username")


def is_name(text: str) -> bool:
    """Whether it is a host name with a dot, or an IPv4 address."""
    return len(text) <= LONGEST_NAME and NAME.fullmatch(text) is not None


def missing(server: Server | None, client: Client, names: Sequence[str]) -> bool:
    """Whether something is not told yet without which no service can be asked."""
    provider = PROVIDERS.get(server.service) if server is not None and server.enable else None
    return provider is None or not client.password or not names or (provider.needs_login and not client.username)


def account(server: Server, client: Client) -> str:
    """Whose names they are: what was published for one account is not published for another."""
    return "\n".join((server.service, server.address, str(server.port), client.username))


def render(server: Server, client: Client, names: Sequence[str], link: str, has_tls: bool) -> str:
    """The configuration file of a client that lacks nothing."""
    provider = PROVIDERS[server.service]
    protocol = server.protocol or protocols(server.service, has_tls)[-1]
    port = f":{server.port}" if server.port else ""
    lines = [
        f"daemon={max(server.check_interval, SHORTEST_CHECK) if server.check_interval else ONCE_A_DAY}",
        "syslog=no",
        f"ssl={'yes' if protocol == HTTPS else 'no'}",
        # With "usev4" ddclient 3.10 never finds what it published itself, and publishes it again and again.
        "use=if",
        f"if={link}",
        f"protocol={server.service}",
        f"server={server.address or provider.server}{port}",
        f"min-error-interval={server.retry_interval}",
        *([f"login={quoted(client.username)}"] if client.username else []),
        # From the first quote to the last, whatever is between them: passwords are taken out of the line beforehand.
        f"password='{client.password}'",
        ",".join(names),
    ]
    return "".join(f"{line}\n" for line in lines)


def quoted(text: str) -> str:
    """A word, each character of it escaped: none has a meaning, and no word in it ("password=") is recognized."""
    return "'" + "".join(f"\\{character}" for character in text) + "'"
