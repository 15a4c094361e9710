"""A netifd in memory: it makes in a kernel in memory what /etc/config/network says, whenever it is told to reload."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from backends.errors import MechanismError
from backends.netlink import Netlink
from backends.network.desired import ula_subnet
from backends.network.kernel import Kernel
from backends.network.plan import Attributes, Ident, plan
from backends.openwrt.network.document import Document
from backends.openwrt.network.said import ANY_SUBNET, said
from backends.openwrt.reloads import Reloads
from backends.procfs import Procfs
from backends.tr181.openwrt_lan import Surface
from backends.ubus import Bus
from backends.uci import FileUci, Places

OF_THE_KERNEL = ("vlan", "bridge", "port", "bridge_vlan", "address", "route", "rule", "link", "ipv6", "sysctl", "phy")


class FakeNetifd:
    """``is_slow``: it does nothing when it is told to, until ``apply``."""

    def __init__(self, directory: Path, text: str, netlink: Netlink, procfs: Procfs) -> None:
        self.places = Places.under(directory)
        for folder in (self.places.config, self.places.staged):
            folder.mkdir(parents=True, exist_ok=True)
        self.path = self.places.config / "network"
        if not self.path.exists():
            self.path.write_text(text)
        self.is_slow = False
        self.told: list[tuple[str, ...]] = []
        self._netlink = netlink
        self._kernel = Kernel(netlink, procfs)
        self._before: dict[Ident, Any] = {}
        self._made = set(self._said())
        bus = Bus(directory / "no-bus")
        self.surface = Surface(FileUci(self.places), bus, Reloads(bus, self._reload), directory)

    @property
    def text(self) -> str:
        """The package."""
        return self.path.read_text()

    def write(self, text: str) -> None:
        """A person commits another one, and netifd is told."""
        self.path.write_text(text)
        self.apply()

    def _reload(self, arguments: Sequence[str], **_: Any) -> str:
        self.told.append(tuple(arguments))
        if not self.is_slow:
            self.apply()
        return ""

    def _said(self) -> dict[Ident, Attributes | None]:
        uci = FileUci(self.places)
        document = Document(uci.read("network"))
        self._netlink.forget()
        links = {link.name: link for link in self._netlink.links()}
        state = said(document, links, {})
        raised = self._raised(document)
        wish: dict[Ident, Attributes | None] = {}
        off = {link for link in document.interfaces.values() if not any(map(document.is_on, document.on(link)))}
        for ident, told in state.items():
            named = {name: value for name, value in told.items() if value is not None}
            if ident[0] == "link" and "up" in named:
                named["up"] = ident[1] in raised
            is_made = ident[0] not in ("vlan", "bridge") or ident[1] in raised
            is_made = is_made and not (ident[0] == "address" and ident[1] in off)
            is_made = is_made and not (ident[0] == "route" and len(ident) > 4 and ident[4] in off)
            if ident[0] == "assign" and "prefix" in state.get(("ula", ""), {}) and told["subnet"] < ANY_SUBNET:
                subnet = ula_subnet(state["ula", ""]["prefix"], told["subnet"])
                wish["address", ident[1], f"{subnet.network_address + 1}/64"] = {}
            if is_made and ident[0] in OF_THE_KERNEL and (named or ident[0] not in ("link", "ipv6", "sysctl", "phy")):
                wish[ident] = named
        return wish

    def _raised(self, document: Document) -> set[str]:
        waiting = [name for key, name in document.interfaces.items() if name and document.is_on(key)]
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            section = document.settings(name)
            if name in found or (section is not None and section.type == "device" and document.is_off(section)):
                continue
            found.add(name)
            waiting += [port for port, bridge in document.ports.items() if bridge == name]
            if at := document.vlan_links.get(name):
                waiting.append(at.lower)
        return found

    def apply(self) -> None:
        """Make what the package says."""
        for _ in range(3):
            wish = self._said()
            for gone in self._made - set(wish):
                wish[gone] = self._before.get(gone)
            observed = self._kernel.observe([one for one in wish if one[0] == "sysctl"], {13000, 13001, 13002, 13003})
            filtering = {str(there["bridge"]) for ident, there in observed.items() if ident[0] == "port"}
            filtering &= {bridge for bridge, _ in Document(FileUci(self.places).read("network")).vlans}
            for ident in observed:  # netifd has no default VLAN where any is configured
                above = observed.get(("port", ident[1]), {}).get("bridge", ident[1])
                if ident[0] == "bridge_vlan" and above in filtering:
                    wish.setdefault(ident, None)
            for ident, told in wish.items():
                if told is not None and ident in observed and ident[0] in ("link", "ipv6", "sysctl"):
                    self._before.setdefault(ident, {}).update(
                        (name, observed[ident].get(name)) for name in told if name not in self._before[ident]
                    )
            for change in plan(wish, observed):
                try:
                    self._kernel.make(change)
                except MechanismError:
                    continue
        self._made |= {ident for ident, told in wish.items() if told is not None}
        self._netlink.forget()
