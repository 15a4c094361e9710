"""What OpenWrt's miniupnpd does: whether it runs, and what hosts inside asked of it, in the file of its leases."""

from collections.abc import Callable, Collection, Iterable, Sequence
from ipaddress import ip_address
from pathlib import Path
from typing import Final, Protocol

from backends.desired_state import Wanted
from backends.errors import MechanismError
from backends.files import read_text
from backends.netlink_types import MAIN_TABLE, Address, Route
from backends.openwrt.configured import Configured
from backends.openwrt.lan_state import runs
from backends.openwrt.sections import truth
from backends.openwrt.upnpd.mapping import UPNPD, UpnpMapping, home
from backends.ubus import Bus, BusError
from backends.uci import Section, Uci
from backends.upnp_gateway import Mapped, is_on, mappings

LEASES: Final = "/var/run/miniupnpd.leases"
SERVICE: Final = "miniupnpd"
LONGEST: Final = 1 << 20
"""Bytes of the file that are read: thousands of mappings."""


class Kernel(Protocol):
    """What is asked of netlink."""

    def routes(self) -> Iterable[Route]:
        """The ways to everywhere."""

    def addresses(self) -> Iterable[Address]:
        """The addresses that links have."""


class UpnpOnOpenWrt(Configured):
    """See backends.tr181.upnp_gateway.Gateway; ``link_of`` is the link of an interface of netifd's."""

    def __init__(
        self,
        uci: Uci,
        committed: Callable[[Collection[str]], None],
        bus: Bus,
        kernel: Kernel,
        link_of: Callable[[str], str],
        root: Path = Path("/"),
    ) -> None:
        super().__init__(uci, UpnpMapping(), committed)
        self._bus = bus
        self._kernel = kernel
        self._link_of = link_of
        self._root = root
        self._mapped: list[Mapped] | None = None
        self._runs: bool | None = None

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._mapped = self._runs = None

    def mapped(self) -> Sequence[Mapped]:
        """What hosts inside asked for and have; nothing while miniupnpd does not run, whatever its file says."""
        if self._mapped is None:
            self._mapped = [] if not self._is_running() else list(mappings(read_text(self.leases(), LONGEST) or ""))
        return self._mapped

    def leases(self) -> Path:
        """The file that miniupnpd keeps them in; without the option it keeps none."""
        return self._root / (self._section().text("upnp_lease_file") or LEASES).lstrip("/")

    def link(self) -> str:
        """The link outside: what is configured, else where the default route leads."""
        named = self._section().text("external_iface")
        if named:
            return self._link_of(named)
        ways = [
            one
            for one in self._kernel.routes()
            if (one.family, one.destination, one.table, one.type) == (4, "", MAIN_TABLE, "unicast") and one.interface
        ]
        return (min(ways, key=lambda one: one.metric).interface or "") if ways else ""

    def trouble(self, wanted: Wanted) -> str:
        """Why no host inside gets what it asks for although it is on; "" where it does."""
        if not is_on(wanted):
            return ""
        section, link = self._section(), self.link()
        is_told = section.text("external_ip") or any(
            truth(section, name, False) for name in ("use_stun", "ext_allow_private_ipv4")
        )
        held = (one for one in self._kernel.addresses() if (one.family, one.scope) == (4, "global"))
        address = next((one.address for one in held if one.interface == link), "")
        if is_told or not address or ip_address(address).is_global:
            return ""
        return f"UPnP maps no port: {address} on {link} is no address of the Internet's"

    def _is_running(self) -> bool:
        if self._runs is None:
            try:
                self._runs = runs(self._bus.call("service", "list", {"name": SERVICE}), SERVICE)
            except BusError:
                self._runs = True  # nobody knows better
        return self._runs

    def _section(self) -> Section:
        try:
            return home(self._uci.read(UPNPD))
        except MechanismError:
            return Section(UPNPD, "", "")
