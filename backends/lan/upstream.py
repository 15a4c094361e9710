"""Which name servers the DNS relay asks: those the system was told of, and those that were configured. Pure."""

from collections.abc import Iterable, Iterator

from backends.desired_state import Wanted
from backends.lan.records import Forwarder
from backends.lan.rendering import LinkOf
from backends.lan.resolver import NameServer


def is_own(key: str) -> bool:
    """Whether somebody added the row, rather than the system."""
    return key.startswith("+")


def is_enabled(wanted: Wanted, server: NameServer) -> bool:
    """Whether a server that the system was told of is asked: it is, until somebody switches it off."""
    return wanted.get(Forwarder, server.address).enable is not False


def upstream(wanted: Wanted, found: Iterable[NameServer], link_of: LinkOf) -> Iterator[tuple[str, str | None]]:
    """Address, and the link to ask over where that matters."""
    known: set[str] = set()
    for server in found:
        if is_enabled(wanted, server):
            known.add(server.address)
            yield server.address, server.link or None
    for key, record in wanted.of(Forwarder).items():
        if not is_own(key) or not record.enable or not record.dns_server or record.dns_server in known:
            continue
        link = link_of(record.interface)
        if record.interface is None or link is not None:
            known.add(record.dns_server)
            yield record.dns_server, link
