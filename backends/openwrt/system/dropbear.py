"""SSH servers in UCI: sections of type dropbear of /etc/config/dropbear, each a server of its own."""

import re
from collections.abc import Callable, Collection, Hashable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from backends.desired_state import SINGLE, NotOurs, Pointer, Record, Refused, Wanted
from backends.openwrt.configured import Read
from backends.openwrt.interfaces import Interface, interfaces
from backends.openwrt.sections import OURS, Told, fresh, sections_of, truth, write
from backends.ssh.records import SshServer, SshService
from backends.ssh.service import IN_THE_WAY, NOT_GIVEN
from backends.uci import Edits, Section

DROPBEAR: Final = "dropbear"
"""The package, the type of its sections and the daemon."""
NETWORK: Final = "network"
OFF: Final = f"{OURS}off"
"""Of our own, in the first section: all servers are off, whatever each says."""
ENABLED: Final = f"{OURS}enable"
"""Of our own: a server that would be enabled, were not all of them off."""
LEASE: Final = f"{OURS}lease"
"""Of our own: for how many seconds a server is enabled, and until when (see backends.firewall.leases)."""
LEASED: Final = re.compile(r"(\d{1,10}) (-|[0-9A-Za-z-]{1,64}) (\d{1,12}) (-|\d{1,12})")
SWITCHES: Final = {
    "root_login": ("RootLogin", True), "password_login": ("PasswordAuth", True),
    "root_password_login": ("RootPasswordAuth", True),
}  # fmt: skip
NUMBERS: Final = {
    "port": ("Port", 22), "idle_timeout": ("IdleTimeout", 0), "keep_alive": ("SSHKeepAlive", 300),
    "max_auth_tries": ("MaxAuthTries", 3),
}  # fmt: skip
"""By the record's field, the option and what counts without it (/etc/init.d/dropbear)."""
MOST_PORT: Final = 65_535


@dataclass(frozen=True, slots=True)
class Ground:
    """What the machine says: ``row_of`` the row of a link, ``link_of`` the link of a row, ``is_ours`` whether the link
    of a row is given to the agent, ``links`` those that netifd has made of its interfaces, ``blocking`` who listens at
    a TCP port ("" for nobody, or for dropbear itself); ``around`` the links and their rows, to compare.
    ``may_change``: the system was given to the agent.
    """

    row_of: Callable[[str], Pointer | None]
    link_of: Callable[[Pointer | None], str | None]
    is_ours: Callable[[Pointer], bool]
    links: Callable[[], Mapping[str, str]]
    blocking: Callable[[int], str]
    around: Callable[[], Hashable]
    may_change: bool


class DropbearMapping:
    """See backends.openwrt.configured.Mapping."""

    packages = (DROPBEAR, NETWORK)
    kinds = (SshService, SshServer)

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def surroundings(self) -> Hashable:
        """See Mapping."""
        return tuple(sorted(self._ground.links().items())), self._ground.around()

    def read(self, read: Read) -> Wanted:
        """See Mapping."""
        sections, named = sections_of(read(DROPBEAR), DROPBEAR), self._interfaces(read)
        is_on = _is_on(sections)
        servers = {key: self._server(one, named, is_on) for key, one in sections.items()}
        return Wanted(1, {SshService: {SINGLE: SshService(enable=is_on)}, SshServer: servers})

    def check(self, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        for key in dict.fromkeys([*before.of(SshServer), *after.of(SshServer)]):
            was, server = before.of(SshServer).get(key), after.of(SshServer).get(key)
            if was != server and not self._ground.may_change:
                raise NotOurs(NOT_GIVEN, SshServer, key)
            if server is not None and was != server:
                self._check_server(key, was, server, after)
        if before.get(SshService) != after.get(SshService) and not self._ground.may_change:
            raise NotOurs(NOT_GIVEN, SshService, SINGLE)

    def write(self, edits: Edits, before: Wanted, after: Wanted) -> None:
        """See Mapping."""
        write(edits, DROPBEAR, self._document(edits.read, before), self._document(edits.read, after))

    def cuts(self, before: Wanted, after: Wanted) -> bool:  # noqa: ARG002 - the ACS is not reached by SSH
        """Never."""
        return False

    def key_for(self, record: Record, taken: Collection[str]) -> str:
        """See Mapping."""
        return SINGLE if isinstance(record, SshService) else fresh(taken)

    # -- reading ------------------------------------------------------------------------------------------------------

    def _interfaces(self, read: Read) -> Mapping[str, Interface]:
        return interfaces(read(NETWORK), self._ground.links())

    def _server(self, section: Section, named: Mapping[str, Interface], is_on: bool) -> SshServer:
        values: dict[str, Any] = {
            field: truth(section, option, default) for field, (option, default) in SWITCHES.items()
        }
        values |= {field: _number(section, option, default) for field, (option, default) in NUMBERS.items()}
        is_enabled = truth(section, "enable", True) if is_on else truth(section, ENABLED, False)
        return SshServer(
            enable=is_enabled,
            interface=self._interface(section, named),
            from_all_ipv4=True,
            from_all_ipv6=True,
            **values,
            **_lease(section),
        )

    def _interface(self, section: Section, named: Mapping[str, Interface]) -> Pointer | None:
        """Of several that a person has named the first: OpenWrt warns of others."""
        found = named.get(next(iter(_place(section)[1].split()), ""))
        return self._ground.row_of(found.link) if found and found.link else None

    # -- writing ------------------------------------------------------------------------------------------------------

    def _document(self, read: Read, wanted: Wanted) -> dict[str, Told]:
        sections, named = sections_of(read(DROPBEAR), DROPBEAR), self._interfaces(read)
        is_on = wanted.get(SshService).enable
        told = {
            key: self._told(sections.get(key) or Section(DROPBEAR, key, key), named, server, is_on)
            for key, server in wanted.of(SshServer).items()
        }
        if told and not is_on:
            first = next(iter(told))
            told[first] = Told(DROPBEAR, {**told[first].options, OFF: "1"})
        return told

    def _told(self, section: Section, named: Mapping[str, Interface], server: SshServer, is_on: bool) -> Told:
        """Options as they are, where they say what is wanted."""
        is_enabled = server.enable and is_on
        said = {
            "enable": _switch(section, "enable", is_enabled, True),
            ENABLED: "1" if server.enable and not is_on else "",
            LEASE: _lease_text(server),
        }
        for field, (option, is_usual) in SWITCHES.items():
            said[option] = _switch(section, option, getattr(server, field) is not False, is_usual)
        for field, (option, usual) in NUMBERS.items():
            wanted = getattr(server, field)
            is_same = wanted == _number(section, option, usual)
            said[option] = section.text(option) if is_same else str(wanted)
        place, name = _place(section)
        if server.interface != self._interface(section, named):
            link = self._ground.link_of(server.interface)
            name = next((one.name for one in named.values() if link and one.link == link), "")
        return Told(DROPBEAR, {**said, place: name})

    def _check_server(self, key: str, was: SshServer | None, server: SshServer, after: Wanted) -> None:
        if server.port is None or not 0 < server.port <= MOST_PORT:
            raise Refused(f"a port is 1 to {MOST_PORT}", SshServer, key, ("port",))
        interface = server.interface
        if (
            interface is not None
            and (was is None or was.interface != interface)
            and not self._ground.is_ours(interface)
        ):
            raise NotOurs("the interface is not in [network] manage", SshServer, key, ("interface",))
        if not server.enable or not after.get(SshService).enable:
            return
        others = {other: one for other, one in after.of(SshServer).items() if other != key and one.enable}
        for other, one in others.items():
            if one.port == server.port and (one.interface in (None, interface) or interface is None):
                reason = IN_THE_WAY.format(who=f"the server of section {other}", port=server.port)
                raise Refused(reason, SshServer, key, ("port",))
        is_new = was is None or not was.enable or was.port != server.port
        if is_new and (who := self._ground.blocking(server.port)):
            raise Refused(IN_THE_WAY.format(who=who, port=server.port), SshServer, key, ("port",))


def _is_on(sections: Mapping[str, Section]) -> bool:
    """A person who has enabled a server has switched them on."""
    said = any(truth(one, OFF, False) for one in sections.values())
    return not said or any(truth(one, "enable", True) for one in sections.values())


def _place(section: Section) -> tuple[str, str]:
    """The option that says where it listens, and what it says: the first is bound to the link, the other to its
    addresses; a new section has the one that every release knows.
    """
    direct = section.text("DirectInterface").strip()
    return ("DirectInterface", direct) if direct else ("Interface", section.text("Interface"))


def _number(section: Section, option: str, default: int) -> int:
    text = section.text(option).strip()
    return int(text) if re.fullmatch(r"\d{1,10}", text) else default


def _switch(section: Section, option: str, wanted: bool, default: bool) -> str:
    if truth(section, option, default) == wanted:
        return section.text(option)
    return "1" if wanted else "0"


def _lease(section: Section) -> dict[str, Any]:
    found = LEASED.fullmatch(section.text(LEASE))
    if found is None:
        return {}
    duration, boot, uptime, wall = found.groups()
    return {
        "lease_duration": int(duration),
        "ends_boot": "" if boot == "-" else boot,
        "ends_uptime": int(uptime),
        "ends_wall": None if wall == "-" else int(wall),
    }


def _lease_text(server: SshServer) -> str:
    if not server.lease_duration:
        return ""
    wall = "-" if server.ends_wall is None else server.ends_wall
    return f"{server.lease_duration} {server.ends_boot or '-'} {server.ends_uptime} {wall}"
