"""A router's /etc/config/network, and what comes of edits of it."""

from pathlib import Path

from backends.netlink_types import Link
from backends.network.plan import Change, Ident
from backends.openwrt.network.document import Document
from backends.openwrt.network.said import Said, said
from backends.openwrt.network.sheet import Sheet
from backends.openwrt.network.telling import Telling, tell
from backends.uci import FileUci, Places

DSA = """
config interface 'loopback'
	option device 'lo'
	option proto 'static'
	option ipaddr '127.0.0.1'
	option netmask '255.0.0.0'

config globals 'globals'
	option ula_prefix 'fd00:1234:5678::/48'
	option packet_steering '1'

# the switch
config device
	option name 'br-lan'
	option type 'bridge'
	list ports 'lan1'
	list ports 'lan2'
	option hello_time '2'

config bridge-vlan
	option device 'br-lan'
	option vlan '10'
	list ports 'lan1:t'
	list ports 'lan2:u*'

# the router
config interface 'lan'
	option device 'br-lan.10'
	option proto 'static'
	list ipaddr '192.168.1.1/24'
	list ip6addr '2001:db8:1::1/64'
	option ip6assign '60'

config device
	option name 'wan.7'
	option type '8021q'
	option ifname 'wan'
	option vid '7'
	option macaddr '02:00:00:00:00:77'

config interface 'wan'
	option device 'wan.7'
	option proto 'static'
	option ipaddr '203.0.113.2'
	option netmask '255.255.255.252'
	option gateway '203.0.113.1'
	option metric '9'

config interface 'wan6'
	option device '@wan'
	option proto 'dhcpv6'
	option disabled '1'

config route
	option interface 'lan'
	option target '10.55.0.0'
	option netmask '255.255.0.0'
	option gateway '192.168.1.254'
	option mtu '1400'

config route
	option interface 'lan'
	option target '10.66.0.0/16'
	option gateway '192.168.1.254'
	option disabled '1'

config route6 'six'
	option interface 'lan'
	option target '2001:db8:9::/48'
	option gateway '2001:db8:1::9'
	option metric '3'

config rule
	option mark '0x2000000/0x7f000000'
	option priority '13001'
	option lookup '13001'

config rule
	option in 'lan'
	option lookup '100'
"""
OLD = """
config interface 'lan'
	option type 'bridge'
	option ifname 'eth0.1 eth2'
	option proto 'static'
	option ipaddr '192.168.1.1'
	option netmask '255.255.255.0'

config interface 'wan'
	option ifname 'eth1'
	option proto 'dhcp'
"""
"""As releases before 21.02 have it."""


def places_of(directory: Path, text: str) -> Places:
    """Where the package is."""
    places = Places.under(directory)
    for folder in (places.config, places.staged):
        folder.mkdir(parents=True, exist_ok=True)
    (places.config / "network").write_text(text)
    return places


def document_of(directory: Path, text: str = DSA) -> Document:
    """The package, read."""
    return Document(FileUci(places_of(directory, text)).read("network"))


def links(*names: str) -> dict[str, Link]:
    """Links of a kernel."""
    return {name: Link(number, name) for number, name in enumerate(names, 1)}


class Edited:
    """What is told, and what the package says then."""

    def __init__(self, directory: Path, text: str = DSA) -> None:
        self.places = places_of(directory, text)
        self.uci = FileUci(self.places)
        self.before = text

    def state(self) -> Said:
        """In the plan's words."""
        self.uci.forget()
        return said(Document(self.uci.read("network")), {}, {})

    def tell(self, *changes: Change, moves: dict[Ident, Ident] | None = None, kept: frozenset[Ident] = frozenset(),
             supported: dict[str, list[int]] | None = None) -> list[str]:  # fmt: skip
        """The lines that are new, and with a minus those that are gone; sections' names of ours are cpe_."""
        edits = self.uci.edit()
        tell(Sheet(edits, dict), Telling(changes, moves or {}, kept, {}, supported or {}))
        edits.commit()
        before, after = self.before.splitlines(), (self.places.config / "network").read_text().splitlines()
        self.before = "\n".join(after)
        gone = [f"-{line.strip()}" for line in before if before.count(line) > after.count(line)]
        come = [line.strip() for line in after if after.count(line) > before.count(line)]
        return list(dict.fromkeys(gone)) + list(dict.fromkeys(_nameless(line) for line in come if line))


def _nameless(line: str) -> str:
    return line[: line.index("'cpe_")] + "cpe" if "'cpe_" in line and line.startswith("config") else line
