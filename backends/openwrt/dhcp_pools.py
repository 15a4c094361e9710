"""DHCPv4 pools and their options in /etc/config/dhcp: sections of type dhcp, as dnsmasq's init script reads them.

OpenWrt counts a range from the interface's network on (start, limit). What cannot be counted so, because the interface
or half of the range is not said yet, is kept in ``cpe_range`` until it can, and nothing is served meanwhile.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Interface, IPv4Network
from typing import Any, Final

from backends.desired_state import Refused, Wanted
from backends.lan.options import Unsayable
from backends.lan.records import Dhcp4, Option4, Pool4
from backends.lan.rendering import is_complete
from backends.openwrt.dhcp_criteria import LEFT, criteria, told
from backends.openwrt.dhcp_sections import DHCP, ENABLED, DhcpSections
from backends.openwrt.dhcp_values import DhcpOption, item_of, lease_seconds, lease_text, option_of
from backends.openwrt.kept_rows import KeptRows
from backends.openwrt.sections import Told, is_ours, truth
from backends.uci import Section, Value

SWITCH: Final = "cpe_dhcpv4"
RANGE: Final = "cpe_range"
ROWS: Final = "cpe_rows"
"""A list of ours: tables of which the section is a row though nothing else in it says so."""
RESERVED: Final = "cpe_reserved"
OPTION_ROWS: Final = "cpe_option"
START, LIMIT = 100, 150
"""What dnsmasq's init script takes where the section does not say."""
ADDRESS_LISTS: Final = {"ip_routers": 3, "dns_servers": 6, "wins_servers": 44}
DOMAIN_NAME: Final = 15
FIELDS: Final = frozenset({*ADDRESS_LISTS.values(), DOMAIN_NAME})


@dataclass(frozen=True, slots=True)
class OptionRow:
    """What a row of Option says."""

    enable: bool
    option: DhcpOption


def pools(sections: DhcpSections) -> dict[str, Pool4]:
    """By identity, in the order of the file, which is theirs."""
    rows = {key: section for key, section in sections.of(DHCP).items() if is_row(section)}
    return {key: _pool(sections, key, section, order) for order, (key, section) in enumerate(rows.items(), 1)}


def is_row(section: Section) -> bool:
    """Whether a section is a DHCPv4 pool: one that serves, or says which addresses it would serve."""
    return serves(section) or "dhcpv4" in section.items(ROWS) or bool({"start", "limit"} & set(section.options))


def serves(section: Section) -> bool:
    """Whether dnsmasq gives addresses by it: without a word to the contrary it does."""
    is_on = section.text("dhcpv4") != "disabled" and not truth(section, "ignore", False)
    return is_on and bool(section.text("interface"))


def is_on(sections: DhcpSections) -> bool:
    """Whether DHCPv4 as a whole is on: it is while anything is served, whatever else is said."""
    return not sections.is_switched_off(SWITCH) or any(map(serves, sections.of(DHCP).values()))


def options(sections: DhcpSections) -> dict[str, Option4]:
    """The rows of Option of all pools."""
    found: dict[str, Option4] = {}
    for key in pools(sections):
        for row, (said, _) in _option_rows(sections.section(key), key).items():
            found[row] = Option4(parent=key, enable=said.enable, tag=said.option.tag, value=said.option.value)
    return found


def document(sections: DhcpSections, wanted: Wanted, key: str) -> dict[str, Told]:
    """What is said of a pool: its section, and those that give tags to its clients' requests."""
    pool = wanted.get(Pool4, key)
    tags, kept, asking = told(key, pool)
    said_so = _as_it_stands(sections, sections.section(key), pool)
    network = _network(sections, pool) if is_complete(pool) else None
    is_sayable = said_so is not None or network is not None
    is_serving = is_sayable and pool.enable and wanted.get(Dhcp4).enable
    values: dict[str, Value] = {
        "interface": _interface(sections, key, pool),
        "dhcpv4": "server" if is_serving else "disabled",
        "ignore": "" if is_serving else sections.section(key).text("ignore"),
        ENABLED: "1" if pool.enable and not is_serving else "",
        "leasetime": lease_text(pool.lease_time),
        "networkid": key if is_ours(key) else "",
        "tag": tags,
        LEFT: kept,
        RESERVED: pool.reserved_addresses,
        **(said_so or _range(sections, pool, network)),
        **_options(sections, wanted, key),
    }
    return {key: Told(DHCP, values), **asking, **_reserved(key, pool)}


# -- the range --------------------------------------------------------------------------------------------------------


def _pool(sections: DhcpSections, key: str, section: Section, order: int) -> Pool4:
    values: dict[str, Any] = criteria(sections, key)
    values |= _read_range(sections, section)
    values |= _read_options(section)
    return Pool4(
        enable=serves(section) or truth(section, ENABLED, False),
        order=order,
        interface=sections.pointer(section.text("interface")),
        lease_time=lease_seconds(section.text("leasetime", "12h")),
        reserved_addresses=tuple(_kept_reserved(sections, key, section)),
        **values,
    )


def _read_range(sections: DhcpSections, section: Section) -> dict[str, str]:
    kept = section.items(RANGE)
    if len(kept) == 3 and not {"start", "limit"} & set(section.options):
        names = ("min_address", "max_address", "subnet_mask")
        return {name: "" if one == "-" else one for name, one in zip(names, kept, strict=True)}
    interface = sections.interfaces.get(section.text("interface"))
    is_said = serves(section) or bool({"start", "limit"} & set(section.options))
    if interface is None or interface.address is None or not is_said:
        return {}
    try:
        network = IPv4Interface(
            f"{interface.address.ip}/{section.text('netmask') or interface.address.netmask}"
        ).network
        first = IPv4Address(int(network.network_address) + _start(section.text("start")))
        last = IPv4Address(min(int(first) + _limit(section.text("limit")) - 1, int(network.broadcast_address) - 1))
    except ValueError:
        return {}
    if not network.network_address < first <= last:
        return {}
    return {"min_address": str(first), "max_address": str(last), "subnet_mask": str(network.netmask)}


def _start(text: str) -> int:
    """How far from the network's own address: a number, or an address as what is behind the network."""
    if not text:
        return START
    return int(IPv4Address(text)) if "." in text else int(text)


def _limit(text: str) -> int:
    return int(text) if text else LIMIT


def _network(sections: DhcpSections, pool: Pool4) -> IPv4Network | None:
    """What the range is counted in; None where the interface has no address to count from, or in another network."""
    interface = sections.interface_of(pool.interface)
    if interface is None or interface.address is None or not pool.subnet_mask:
        return None
    try:
        network = IPv4Interface(f"{interface.address.ip}/{pool.subnet_mask}").network
        is_within = all(IPv4Address(one) in network for one in (pool.min_address, pool.max_address))
    except ValueError:
        return None
    return network if is_within else None


def _range(sections: DhcpSections, pool: Pool4, network: IPv4Network | None) -> dict[str, Value]:
    said = (pool.min_address, pool.max_address, pool.subnet_mask)
    if network is None:
        kept = " ".join(one or "-" for one in said) if any(said) else ""
        return {"start": "", "limit": "", "netmask": "", RANGE: kept, ROWS: ("dhcpv4",)}
    first, last = IPv4Address(pool.min_address), IPv4Address(pool.max_address)
    interface = sections.interface_of(pool.interface)
    is_own = interface is not None and interface.address is not None and interface.address.netmask == network.netmask
    return {
        "start": str(int(first) - int(network.network_address)),
        "limit": str(int(last) - int(first) + 1),
        "netmask": "" if is_own else pool.subnet_mask,
        RANGE: "",
        ROWS: (),
    }


def _as_it_stands(sections: DhcpSections, section: Section, pool: Pool4) -> dict[str, Value] | None:
    """What the section says of the range, where that is what is wanted: also while its interface has no address."""
    said = serves(section) or bool({"start", "limit"} & set(section.options))
    before = {"min_address": "", "max_address": "", "subnet_mask": "", **_read_range(sections, section)}
    is_same = {name: getattr(pool, name) for name in before} == before
    if not said or not is_same or pool.interface != sections.pointer(section.text("interface")):
        return None
    names = ("start", "limit", "netmask")
    return {**{name: section.text(name) for name in names}, RANGE: section.text(RANGE), ROWS: section.items(ROWS)}


def _interface(sections: DhcpSections, key: str, record: Pool4) -> str:
    if record.interface is None:
        return ""
    found = sections.interface_of(record.interface)
    if found is None:
        raise Refused("no interface of /etc/config/network has this link", Pool4, key, ("interface",))
    return found.name


# -- reserved addresses -----------------------------------------------------------------------------------------------


def _reserved_key(key: str, address: str) -> str:
    return f"{key}_r{address.replace('.', '_')}"


def _reserved(key: str, pool: Pool4) -> dict[str, Told]:
    """An address of a name that nobody has is given to nobody."""
    return {
        _reserved_key(key, one): Told("host", {"name": f"reserved-{one.replace('.', '-')}", "ip": one})
        for one in pool.reserved_addresses
    }


def _kept_reserved(sections: DhcpSections, key: str, section: Section) -> list[str]:
    kept = section.items(RESERVED)
    return [one for one in kept if sections.section(_reserved_key(key, one)).text("ip") == one]


def reserved_keys(sections: DhcpSections) -> set[str]:
    """The host sections that keep addresses free, and are nobody's."""
    return {
        _reserved_key(key, one)
        for key, section in sections.of(DHCP).items()
        for one in _kept_reserved(sections, key, section)
    }


# -- options ----------------------------------------------------------------------------------------------------------

LISTS: Final = ("dhcp_option", "dhcp_option_force")


def _say(row: OptionRow) -> str:
    return f"{1 if row.enable else 0} {row.option.tag} {row.option.value}".rstrip()


def _read(text: str) -> OptionRow | None:
    words = text.split(" ")
    if len(words) not in (2, 3) or not words[1].isdigit():
        return None
    return OptionRow(words[0] == "1", DhcpOption(int(words[1]), words[2] if len(words) == 3 else ""))


def _read_item(item: str) -> OptionRow | None:
    found = option_of(item)
    return OptionRow(True, found) if found and found.tag not in FIELDS else None


KEPT: Final = KeptRows[OptionRow](_say, _read, _read_item)


def _items(section: Section) -> tuple[str, ...]:
    return tuple(item for name in LISTS for item in section.items(name))


def _option_rows(section: Section, key: str) -> dict[str, tuple[OptionRow, bool]]:
    return KEPT.rows(key, _items(section), section.items(OPTION_ROWS))


def _read_options(section: Section) -> dict[str, Any]:
    """What parameters of the pool's own say: of each option the first item."""
    found: dict[int, str] = {}
    for item in _items(section):
        option = option_of(item)
        if option and option.tag in FIELDS:
            found.setdefault(option.tag, option.value)
    values: dict[str, Any] = {
        field: tuple(_addresses(found[number])) for field, number in ADDRESS_LISTS.items() if number in found
    }
    if DOMAIN_NAME in found:
        values["domain_name"] = bytes.fromhex(found[DOMAIN_NAME]).decode("ascii", "replace")
    return values


def _addresses(value: str) -> list[str]:
    packed = bytes.fromhex(value)
    return [str(IPv4Address(packed[at : at + 4])) for at in range(0, len(packed), 4)]


def _options(sections: DhcpSections, wanted: Wanted, key: str) -> dict[str, Value]:
    pool, section = wanted.get(Pool4, key), sections.section(key)
    lists: dict[str, list[str]] = {name: [] for name in LISTS}
    for field, number in ADDRESS_LISTS.items():
        packed = b"".join(IPv4Address(one).packed for one in getattr(pool, field))
        _put(section, lists, DhcpOption(number, packed.hex()), "dhcp_option")
    _put(section, lists, DhcpOption(DOMAIN_NAME, pool.domain_name.encode().hex()), "dhcp_option")
    rows: dict[str, tuple[OptionRow, bool]] = {}
    for row, record in wanted.children(Option4, key).items():
        option = DhcpOption(record.tag, record.value)
        is_listed = record.enable and bool(record.tag and record.value)
        if is_listed:
            _put(section, lists, option, "dhcp_option_force")
        rows[row] = OptionRow(record.enable, option), is_listed
    items = [item for name in LISTS for item in lists[name]]
    return {**{name: tuple(some) for name, some in lists.items()}, OPTION_ROWS: KEPT.entries(rows, key, items)}


def _put(section: Section, lists: Mapping[str, list[str]], option: DhcpOption, usual: str) -> None:
    """As it is written already, where it is; else as we write it."""
    if not option.value:
        return
    for name in LISTS:
        for item in section.items(name):
            if option_of(item) == option:
                lists[name].append(item)
                return
    try:
        lists[usual].append(item_of(option))
    except Unsayable as error:
        raise Refused(str(error)) from error
