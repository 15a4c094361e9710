"""What netifd says of interfaces of each protocol: tables of its dump, in the shape that a real one has."""

from typing import Any

EMPTY: dict[str, Any] = {
    "ipv4-address": [], "ipv6-address": [], "route": [], "dns-server": [], "dns-search": [], "neighbors": [],
}  # fmt: skip


def interface(name: str, proto: str, **more: Any) -> dict[str, Any]:
    """One that is up, of which ``more`` is said (with underscores for hyphens)."""
    told = {key.replace("_", "-") if key != "l3_device" else key: value for key, value in more.items()}
    return {
        "interface": name, "up": True, "pending": False, "available": True, "autostart": True, "dynamic": False,
        "uptime": 100, "proto": proto, **EMPTY, "ipv6-prefix": [], "ipv6-prefix-assignment": [],
        "inactive": dict(EMPTY), "data": {}, **told,
    }  # fmt: skip


def down(name: str, proto: str, *errors: str, pending: bool = False, **more: Any) -> dict[str, Any]:
    """One that is not up."""
    found = [{"subsystem": proto, "code": code} for code in errors]
    return {
        "interface": name, "up": False, "pending": pending, "available": True, "autostart": True, "dynamic": False,
        "proto": proto, "data": {}, **({"errors": found} if found else {}), **more,
    }  # fmt: skip


WAN = interface(
    "wan", "dhcp", l3_device="wan", device="wan", uptime=2000,
    ipv4_address=[{"address": "198.51.100.7", "mask": 24}],
    route=[{"target": "0.0.0.0", "mask": 0, "nexthop": "198.51.100.1", "source": "198.51.100.7/32"}],
    dns_server=["198.51.100.53"], dns_search=["isp.example"],
    data={"leasetime": 3600, "dhcpserver": "198.51.100.2", "hostname": "box", "ntpserver": "198.51.100.3 198.51.100.4"},
)  # fmt: skip
WAN6 = interface(
    "wan6", "dhcpv6", l3_device="wan", device="wan",
    ipv6_address=[{"address": "2001:db8::7", "mask": 128, "preferred": 1800, "valid": 3600}],
    ipv6_prefix=[{"address": "2001:db8:4700::", "mask": 56, "preferred": 1800, "valid": 3600, "class": "wan6"}],
    dns_server=["2001:db8::53"], data={"passthru": "001700102001" + "0db8" + "0" * 23 + "5"},
)  # fmt: skip
DIALLED = interface(
    "dsl", "pppoe", l3_device="pppoe-dsl", device="eth2",
    ipv4_address=[{"address": "10.67.0.100", "mask": 32, "ptpaddress": "10.67.0.1"}],
    dns_server=["10.67.0.53", "2001:db8::53"], inactive={**EMPTY, "dns-server": ["10.67.0.54"]},
)  # fmt: skip
