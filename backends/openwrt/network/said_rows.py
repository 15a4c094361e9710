"""The rows that /etc/config/network makes by itself: what is configured is a row also while no kernel has it. Pure."""

from collections.abc import Iterator, Mapping

from backends.netlink_types import Link
from backends.network.plan import Ident
from backends.network.records import (
    IpAddress,
    IpInterface,
    IpRoute,
    IpStack,
    Port,
    Record,
    Reference,
    Vlan,
    natural_key,
)
from backends.network.topology import LONGEST_NAME
from backends.openwrt.network.document import Document
from backends.openwrt.network.said import Said


def said_rows(document: Document, state: Said, links: Mapping[str, Link]) -> dict[Reference, Record]:
    """Records with natural keys; ``state`` is what the document says."""
    rows: dict[Reference, Record] = {}
    for link in _speaking(document):
        told = (state.get(("assign", link)) or {}).get("subnet")
        rows[Reference("ip", link)] = IpInterface(enable=any(map(document.is_on, document.on(link))), ula=told)
        rows.update(_addresses(document, link))
    for ident, at in {**document.routes_off, **document.routes}.items():
        if len(ident) == 7:
            is_on = ident in document.routes
            rows[_at("route", ident)] = IpRoute(family=int(ident[1]), enable=None if is_on else False)
        del at
    for name, vlan in document.vlan_links.items():
        if name not in links and len(name) <= LONGEST_NAME:
            rows[Reference("vlan", name)] = Vlan(vlan_id=vlan.number, tpid=vlan.protocol)
    for name, key in document.devices.items():
        section = document.sections[key]
        if section.text("type") in ("", "ethernet") and document.is_off(section):
            rows[Reference("port", name)] = Port(enable=False)
    if document.ula:
        rows[Reference("stack", "")] = IpStack(ula_prefix=document.ula)
    return rows


def _speaking(document: Document) -> list[str]:
    """The links of interfaces; one that is a bridge's port speaks no IP."""
    found = dict.fromkeys(filter(None, document.interfaces.values()))
    return [link for link in found if link not in document.ports and len(link) <= LONGEST_NAME]


def _addresses(document: Document, link: str) -> Iterator[tuple[Reference, Record]]:
    for key in document.on(link):
        for family, _, text in document.addresses(key):
            yield _at("address", ("address", link, text)), IpAddress(ip=link, family=family)


def _at(kind: str, ident: Ident) -> Reference:
    return Reference(kind, natural_key(ident))
