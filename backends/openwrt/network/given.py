"""Records of ours and the rows that UCI makes by itself, put together and told apart. Pure."""

from collections.abc import Mapping
from dataclasses import fields, replace
from typing import Final

from backends.network.desired import on_link_prefixes
from backends.network.places import address_ident, route_ident
from backends.network.plan import Ident
from backends.network.records import IpAddress, IpRoute, Record, Records, Reference, is_own, natural_ident
from backends.network.topology import Topology
from backends.openwrt.network.planning import claimed_links

Given = Mapping[Reference, Record]
ABOVE: Final = ("ethernet_link", "vlan", "bridge", "bridge_port")
"""What lies on a port, or is one in a bridge."""


def ours(records: Records, given: Given) -> Records:
    """Without the records that UCI gave."""
    for row, record in given.items():
        if records.by_kind.get(row.kind, {}).get(row.key) == record:
            records = records.without(type(record), row.key)
    return records


def laid_over(mine: Records, before: Given, now: Given) -> Records:
    """Our records, with what UCI says otherwise than before: what somebody has changed there counts."""
    for row, was in before.items():
        record, told = mine.by_kind.get(row.kind, {}).get(row.key), now.get(row)
        if record is None or told is None or record.deleted or told == was:
            continue
        differing = [one.name for one in fields(told) if getattr(told, one.name) != getattr(was, one.name)]
        mine = mine.with_record(row.key, replace(record, **{name: getattr(told, name) for name in differing}))
    return ours(mine, now)


def together(mine: Records, given: Given) -> Records:
    """With the rows that UCI gives, where none of ours has the same key."""
    records = mine
    for row, record in given.items():
        if row.key not in mine.by_kind.get(row.kind, {}):
            records = records.with_record(row.key, record)
    return records


def not_covered(given: Given, mine: Records) -> dict[Reference, Record]:
    """The rows that UCI gives, and that are as it gives them."""
    return {row: record for row, record in given.items() if row.key not in mine.by_kind.get(row.kind, {})}


def without_twins(mine: Records, given: Given, topology: Topology, near: list[Ident]) -> dict[Reference, Record]:
    """The rows that UCI gives, but for those that a row of ours stands for already."""
    claimed: set[Ident] = {("ip", link) for link in claimed_links(mine, topology)} | {*on_link_prefixes(topology)}
    for key, address in mine.of(IpAddress).items():
        ident = address_ident(address, key, topology)
        claimed |= {ident} if ident else set()
        claimed |= set() if is_own(key) else {natural_ident("address", key)}
    for key, route in mine.of(IpRoute).items():
        ident = route_ident(route, key, topology, near)
        claimed |= {ident} if ident else set()
        claimed |= set() if is_own(key) else {natural_ident("route", key)}
    claimed |= {("port", name) for name in _switched_off(mine, topology)}
    return {row: record for row, record in given.items() if natural_ident(row.kind, row.key) not in claimed}


def _switched_off(mine: Records, topology: Topology) -> set[str]:
    """The links of which a row of ours says that they are down: it is that row which is disabled, not the port."""
    rows = ((word, key, one) for word in ABOVE for key, one in mine.by_kind.get(word, {}).items())
    found = {topology.link_of(Reference(word, key)) for word, key, one in rows if one.enable is False}
    return {name for name in found if name}
