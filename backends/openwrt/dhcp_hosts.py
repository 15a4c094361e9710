"""Static addresses in /etc/config/dhcp: sections of type host, each of the pool in whose network its address is."""

from ipaddress import IPv4Address, IPv4Network
from typing import Final

from backends.lan.records import Pool4, Static4
from backends.openwrt.dhcp_pools import pools, reserved_keys
from backends.openwrt.dhcp_sections import DhcpSections
from backends.openwrt.sections import Told, is_ours, truth
from backends.uci import Section

POOL: Final = "cpe_pool"
"""An option of ours: the pool that a row was added to."""


def hosts(sections: DhcpSections) -> dict[str, Static4]:
    """By identity; those that have neither an IPv4 address nor a MAC address say nothing of DHCPv4."""
    known, nobodys = pools(sections), reserved_keys(sections)
    found: dict[str, Static4] = {}
    for key, section in sections.of("host").items():
        address = section.text("ip")
        macs = section.items("mac")
        if (
            key in nobodys
            or not known
            or not _is_address(address)
            or not (address or macs or is_ours(key) or section.text(POOL))
        ):
            continue
        found[key] = Static4(
            parent=_pool_of(section, address, known),
            enable=truth(section, "enable", True),
            chaddr=next(iter(macs), ""),
            yiaddr=address,
        )
    return found


def document(sections: DhcpSections, key: str, record: Static4) -> dict[str, Told]:
    """What is said of one; further MAC addresses of the same client stay as long as it has a first."""
    section = sections.section(key)
    mac = (record.chaddr, *section.items("mac")[1:]) if record.chaddr else ()
    is_kept = is_ours(key) or bool(section.text(POOL)) or not (record.chaddr or record.yiaddr)
    return {
        key: Told(
            "host",
            {
                "mac": mac,
                "ip": record.yiaddr,
                "enable": "" if record.enable else "0",
                POOL: record.parent if is_kept else "",
            },
        )
    }


def _is_address(text: str) -> bool:
    try:
        return not text or bool(IPv4Address(text))
    except ValueError:
        return False


def _pool_of(section: Section, address: str, known: dict[str, Pool4]) -> str:
    """The pool it was added to; else the one whose network has the address; else the first. In whatever order pools
    are, it stays the same; one that a person has made comes first.
    """
    if section.text(POOL) in known:
        return section.text(POOL)
    keys = sorted(known, key=lambda key: (is_ours(key), key))
    for key, pool in ((key, known[key]) for key in keys):
        if address and pool.min_address and pool.subnet_mask:
            try:
                if IPv4Address(address) in IPv4Network((pool.min_address, pool.subnet_mask), strict=False):
                    return key
            except ValueError:
                continue
    return keys[0]
