"""Whose DHCPv4 requests are relayed where: what the relay's program reads, and whom dnsmasq leaves to it. Pure."""

from collections.abc import Callable, Iterator
from typing import Any

from backends.desired_state import Wanted
from backends.lan.matching import decisions
from backends.lan.records import Forwarding4, Relay4
from backends.lan.rendering import LinkOf, criteria4, tag_of

WHOLE_MASK = "ff" * 6


def forwardings(wanted: Wanted, link_of: LinkOf) -> Iterator[tuple[str, str, Forwarding4]]:
    """Key, link and record of each entry that is in force, in their order."""
    if not wanted.get(Relay4).enable:
        return
    for key, record in sorted(wanted.of(Forwarding4).items(), key=lambda one: one[1].order):
        link = link_of(record.interface)
        if record.enable and link is not None:
            yield key, link, record


def relay_document(wanted: Wanted, link_of: LinkOf, address_of: Callable[[str], str | None]) -> list[dict[str, Any]]:
    """The program's file; [] when there is nothing to relay."""
    told = [
        {
            "link": link,
            "address": address,
            "server": None if record.locally_served else record.dhcp_server_ip_address or None,
            "criteria": list(_criteria(record)),
        }
        for _, link, record in forwardings(wanted, link_of)
        if (address := address_of(link)) is not None
    ]
    return told if any(one["server"] for one in told) else []


def ignored(wanted: Wanted, link_of: LinkOf) -> Iterator[str]:
    """Lines of dnsmasq's configuration by which it leaves alone whom an entry sends elsewhere."""
    entries = list(forwardings(wanted, link_of))
    yield from decisions([(tag_of(key), link, criteria4(tag_of(key), record)) for key, link, record in entries])
    yield from (f"dhcp-ignore=tag:{tag_of(key)}" for key, _, record in entries if not record.locally_served)


def _criteria(record: Forwarding4) -> Iterator[tuple[str, bool, str, str]]:
    if record.vendor_class_id:
        value = record.vendor_class_id.encode().hex()
        yield "vendor", record.vendor_class_id_exclude, value, record.vendor_class_id_mode
    if record.client_id:
        yield "client", record.client_id_exclude, record.client_id, "Exact"
    if record.user_class_id:
        yield "user", record.user_class_id_exclude, record.user_class_id, "Exact"
    if record.chaddr:
        mask = record.chaddr_mask.replace(":", "") or WHOLE_MASK
        yield "mac", record.chaddr_exclude, record.chaddr.replace(":", ""), mask
