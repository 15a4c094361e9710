"""NTP in UCI: the section ntp, of type timeserver, of /etc/config/system, by which OpenWrt starts BusyBox's ntpd."""

from collections.abc import Callable, Collection, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from backends.desired_state import SINGLE, Pointer, Record, Refused, Wanted
from backends.errors import MechanismError
from backends.ntp import OURS, SERVES, Client, Clock, Server, is_server
from backends.openwrt.configured import Configured, Read
from backends.openwrt.interfaces import interfaces
from backends.openwrt.lan_state import runs
from backends.openwrt.netifd import NetifdState
from backends.openwrt.sections import OURS as OWN
from backends.openwrt.sections import Told, truth, write
from backends.openwrt.system.host import SYSTEM
from backends.ubus import Bus, BusError
from backends.uci import Edits, Section, Uci, Value

NETWORK: Final = "network"
NTP: Final = "ntp"
"""The section's name: OpenWrt looks at no other."""
TIMESERVER: Final = "timeserver"
SERVICE: Final = "sysntpd"
PLACES: Final = f"{OWN}server_places"
"""Of our own: the place of each server, where some are left out. UCI keeps no empty items."""
WAITING: Final = f"{OWN}server"
"""Of our own: the servers that are not asked, because their client is disabled."""
DISABLED: Final = f"{OWN}client_disabled"
"""Of our own: whether it is."""
MOST_PLACES: Final = 64


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says: ``row_of`` the row of a link, ``link_of`` the link of a row, ``links`` those that netifd
    has made of its interfaces, by their names; ``around`` all of that, to compare.
    """

    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    links: Callable[[], Mapping[str, str]]
    around: Callable[[], Hashable]


class NtpMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (SYSTEM, NETWORK)
    kinds = (Clock, Client, Server)

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return tuple(sorted(self._ground.links().items())), self._ground.around()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        section = _section(read)
        server = Server(enable=truth(section, "enable_server", False), interface=self._interface(read, section))
        return Wanted(1, {
            Clock: {SINGLE: Clock(enable=truth(section, "enabled", True))},
            Client: {OURS: client_of(section)},
            Server: {SERVES: server},
        })  # fmt: skip

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        servers, server = after.get(Client, OURS).servers, after.get(Server, SERVES)
        known = before.get(Client, OURS).servers
        for one in servers:
            if one and one not in known and not is_server(one):
                raise Refused(f"{one!r} is neither a host name nor an IP address", Client, OURS, ("servers",))
        if len(servers) > MOST_PLACES:
            raise Refused("too many servers", Client, OURS, ("servers",))
        is_other = server.interface is not None and server != before.get(Server, SERVES)
        if is_other and not self._ground.link_of(server.interface):
            raise Refused("the interface has no link", Server, SERVES, ("interface",))

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        read = edits.read
        write(edits, SYSTEM, {NTP: self._told(read, before)}, {NTP: self._told(read, after)})

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - see Mapping
        """The clock is on nobody's way."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:  # noqa: ARG002 - each has its one record
        """See Mapping."""
        return SINGLE

    def _told(self, read: Read, wanted: Wanted) -> Told:
        """Switches as they are, where they say what is wanted: "no" is as good as "0"."""
        section = _section(read)
        clock, client, server = wanted.get(Clock), wanted.get(Client, OURS), wanted.get(Server, SERVES)
        told: dict[str, Value] = {
            "enabled": _switch(section, "enabled", clock.enable, True),
            "enable_server": _switch(section, "enable_server", server.enable, False),
            "interface": section.text("interface"),
            **_servers(client),
        }
        if server.interface != self._interface(read, section):
            told["interface"] = self._name(read, server.interface)
        return Told(TIMESERVER, told)

    def _interface(self, read: Read, section: Section) -> Pointer | None:
        """The row of what is named: an interface of netifd's, else a link (/etc/init.d/sysntpd)."""
        name = section.text("interface")
        found = interfaces(read(NETWORK), self._ground.links()).get(name) if name else None
        return self._ground.row_of((found.link if found else "") or name) if name else None

    def _name(self, read: Read, pointer: Pointer | None) -> str:
        link = self._ground.link_of(pointer)
        found = interfaces(read(NETWORK), self._ground.links()).values() if link else ()
        return next((one.name for one in found if one.link == link), link or "")


class NtpOnOpenWrt(Configured):
    """See backends.tr181.time.Keeper."""

    def __init__(self, uci: Uci, mapping: NtpMapping, committed: Callable[[Collection[str]], None], bus: Bus,
                 netifd: NetifdState) -> None:  # fmt: skip
        super().__init__(uci, mapping, committed)
        self._bus = bus
        self._netifd = netifd
        self._runs: bool | None = None

    def forget(self) -> None:
        """What was read may be old."""
        super().forget()
        self._runs = None

    def name(self) -> str:
        """BusyBox's ntpd is on every device with OpenWrt, also while it is switched off."""
        return SERVICE

    def found_servers(self) -> Sequence[str]:
        """Those that the connections' DHCP servers named, where they are asked too."""
        section = self._said()
        if section is None or not truth(section, "use_dhcp", True):
            return ()
        wanted = section.items("dhcp_interface")
        told = [
            one.data.get("ntpserver") for one in self._netifd.interfaces().values() if not wanted or one.name in wanted
        ]
        names = [name for text in told if isinstance(text, str) for name in text.split() if is_server(name)]
        ours = self.now().get(Client, OURS).in_force
        return [name for name in dict.fromkeys(names) if name not in ours]

    def asks_found(self) -> bool:
        """Always: they are added to what is set."""
        return True

    def is_failing(self) -> bool:
        """Whether it is switched on, has somebody to ask or to tell, and does not run."""
        now = self.now()
        has_work = now.get(Client, OURS).in_force or now.get(Server, SERVES).enable
        return bool(now.get(Clock).enable and has_work) and not self._is_running()

    def _is_running(self) -> bool:
        if self._runs is None:
            try:
                self._runs = runs(self._bus.call("service", "list", {"name": SERVICE}), SERVICE)
            except BusError:
                self._runs = True  # nobody says otherwise
        return self._runs

    def _said(self) -> Section | None:
        try:
            return _section(self._uci.read)
        except MechanismError:
            return None


def client_of(section: Section) -> Client:
    """The servers, each in its place."""
    is_disabled = truth(section, DISABLED, False)
    items = section.items(WAITING if is_disabled else "server")
    places = [int(one) for one in section.items(PLACES) if one.isdecimal()]
    fits = len(places) == len(items) and places == sorted({*places}) and all(0 < one <= MOST_PLACES for one in places)
    servers = [""] * (places[-1] if fits and places else 0)
    for place, item in zip(places, items, strict=False) if servers else ():
        servers[place - 1] = item
    return Client(enable=not is_disabled, servers=tuple(servers) or items)


def _servers(client: Client) -> dict[str, Value]:
    items = tuple(one for one in client.servers if one)
    places = [str(place) for place, one in enumerate(client.servers, 1) if one]
    return {
        "server": items if client.enable else (),
        WAITING: () if client.enable else items,
        DISABLED: "" if client.enable else "1",
        PLACES: " ".join(places) if len(places) != len(client.servers) else "",
    }


def _switch(section: Section, option: str, wanted: bool, default: bool) -> str:
    if truth(section, option, default) == wanted:
        return section.text(option)
    return "1" if wanted else "0"


def _section(read: Read) -> Section:
    found = read(SYSTEM).get(NTP)
    return found if found is not None and found.type == TIMESERVER else Section(TIMESERVER, NTP, NTP)
