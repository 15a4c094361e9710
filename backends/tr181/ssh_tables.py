"""The service behind Device.SSH.: a backend of the data model, and a chore that ends servers and looks after them."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import ClassVar, Final

from backends.desired_state import Pointer, Record, Service
from backends.errors import MechanismError
from backends.firewall.leases import Clock, remaining, system_clock
from backends.lan.ports import holder_of
from backends.ssh.configuration import DEFAULTS
from backends.ssh.instance import Ground
from backends.ssh.records import ADDED, KINDS, MACHINE, AuthorizedKey, SshServer, SshService
from backends.ssh.service import Around, Ssh
from backends.ssh.sessions import Session, sessions
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.service import TableService
from backends.tr181.ssh_keys import KEYS, PersonalKeys
from backends.tr181.users import TABLES

SSH: Final = "Device.SSH."
SERVER: Final = f"{SSH}Server.{{i}}."
TABLES_OF: Final[dict[type[Record], str]] = {SshService: SSH, SshServer: SERVER, AuthorizedKey: KEYS}
FIELDS: Final = {
    "root_login": ("AllowRootLogin",),
    "password_login": ("AllowPasswordLogin",),
    "root_password_login": ("AllowRootPasswordLogin",),
    "from_all_ipv4": ("AllowAllIPv4",),
    "from_ipv4": ("IPv4AllowedSourcePrefix",),
    "from_all_ipv6": ("AllowAllIPv6",),
    "from_ipv6": ("IPv6AllowedSourcePrefix",),
    "group": ("UserGroupAccess",),
    "text": ("Key",),
}
UPKEEP: Final = 60.0
"""Seconds after which servers that ended are started again, and keys of users that are gone are taken away."""
EVERYWHERE: Final = ("0.0.0.0", "::")  # noqa: S104 - what others listen at
TOPIC: Final = "ssh"


class SshTables(TableService):
    """The backend of the tables; as a chore it disables servers whose time is over, and looks after the others."""

    kinds: ClassVar[Sequence[type[Record]]] = KINDS
    added: ClassVar[SshServer] = ADDED
    topics: ClassVar[tuple[str, ...]] = (TOPIC,)

    def __init__(self, service: Service, clock: Clock, personal: PersonalKeys) -> None:
        super().__init__("ssh", self.kinds, service, TABLES_OF, FIELDS)
        self.clock = clock
        self.personal = personal
        self._sessions: Sequence[Session] | None = None
        self._pids: dict[str, int | None] = {}
        self._looked: float | None = None

    @property
    def key_tables(self) -> TableService:
        """The backend of the keys."""
        return self

    def forget(self) -> None:
        """Read again for the next request."""
        self.personal.forget()
        self._sessions = None
        self._pids.clear()

    def server_keys(self) -> list[str]:
        """Of all servers."""
        return list(self.wanted.of(SshServer))

    def is_machine(self, key: str) -> bool:  # noqa: ARG002 - see OpenSshTables
        """Whether a server is one that its owner starts and ends."""
        return False

    def is_served(self) -> bool:
        """Whether such a server answers."""
        return False

    def told(self, keyword: str) -> str:
        """What is said to such a server of a keyword in small letters."""
        return DEFAULTS[keyword]

    def source(self, key: str) -> str:  # noqa: ARG002 - see OpenSshTables
        """Where a server's configuration stands."""
        return ""

    def is_possible(self, key: str) -> bool:  # noqa: ARG002 - see OpenSshTables
        """Whether a server has where to listen, and whom to let in."""
        return True

    def pid(self, key: str) -> int | None:
        """The process of a server while it runs."""
        if key not in self._pids:
            self._pids[key] = self._pid_of(key)
        return self._pids[key]

    def sessions(self) -> Sequence[Session]:
        """Who is logged in, read once for a request."""
        if self._sessions is None:
            keys = self.server_keys()
            self._sessions = self._logged_in({process: key for key in keys if (process := self.pid(key))})
        return self._sessions

    def _pid_of(self, key: str) -> int | None:
        raise NotImplementedError

    def _logged_in(self, servers: Mapping[int, str]) -> Sequence[Session]:
        raise NotImplementedError

    def due(self, now: float) -> float | None:
        """See parts.Chore."""
        if not self._own() and not self.wanted.of(AuthorizedKey):
            return None
        times = [now + left for _, left in self._ending()]
        return min([*times, now if self._looked is None else self._looked + UPKEEP])

    def act(self, now: float) -> frozenset[str]:
        """See parts.Chore. MechanismError, after which the servers are as they were."""
        self._looked = now
        self._pids.clear()
        ended = [key for key, left in self._ending() if left <= 0]
        if ended and self._is_idle():
            self.begin()
            for key in ended:
                self.edit(SshServer, key, enable=False)
            try:
                self.commit()
            except MechanismError:
                self.rollback()
                raise
        else:
            self.reapply()
        return frozenset({TOPIC}) if ended else frozenset()

    def _is_idle(self) -> bool:
        return self.wanted is self._applied

    def _own(self) -> list[str]:
        return [key for key, one in self.wanted.of(SshServer).items() if one.enable and not self.is_machine(key)]

    def _ending(self) -> list[tuple[str, int]]:
        now = self.clock()
        times = ((key, remaining(self.wanted.get(SshServer, key), now)) for key in self._own())
        return [(key, left) for key, left in times if left is not None]


class OpenSshTables(SshTables):
    """The machine's own sshd, and others of ours."""

    def __init__(self, ssh: Ssh, clock: Clock, personal: PersonalKeys, daemons: Callable[[], Iterable[int]]) -> None:
        """``daemons`` tells the processes that are called as sshd is."""
        super().__init__(ssh, clock, personal)
        self.ssh = ssh
        self._daemons = daemons

    def forget(self) -> None:
        """See SshTables."""
        super().forget()
        self.ssh.forget()

    def server_keys(self) -> list[str]:
        """The machine's, and ours."""
        return [MACHINE, *(key for key in super().server_keys() if key != MACHINE)]

    def is_machine(self, key: str) -> bool:
        """See SshTables."""
        return key == MACHINE

    def is_served(self) -> bool:
        """Whether the machine's server answers: it runs, or systemd starts it for each who comes."""
        return self.pid(MACHINE) is not None or self.ssh.has_socket()

    def told(self, keyword: str) -> str:
        """See SshTables."""
        return self.ssh.configuration.told(keyword)

    def source(self, key: str) -> str:
        """See SshTables."""
        return "sshd_config" if key == MACHINE else "what is configured for a sshd of the agent's own"

    def is_possible(self, key: str) -> bool:
        """See SshTables."""
        return self.ssh.is_possible(self.wanted, key)

    def _pid_of(self, key: str) -> int | None:
        return self.ssh.pid() if key == MACHINE else self.ssh.instances.pid(key[1:])

    def _logged_in(self, servers: Mapping[int, str]) -> Sequence[Session]:
        return list(sessions(self._daemons(), servers, MACHINE, self.ssh.proc))


def ssh_server(given: Mechanisms, ground: Ground | None = None) -> Part | None:
    """The servers, where OpenSSH's is installed."""
    links, netlink, accounts = given.links, given.netlink, given.accounts

    def name_of(pointer: Pointer) -> str | None:
        kinds = {table: kind for kind, table in TABLES.items()}
        rows = accounts.rows(kinds[pointer.table]) if accounts and pointer.table in kinds else ()
        return next((row.name for row in rows if row.key == pointer.keys[-1]), None) or None

    def addresses_of(pointer: Pointer | None) -> list[str]:
        link = links.link_of(pointer)
        return [
            one.address
            for one in netlink.addresses()
            if one.scope in ("global", "site")
            and "tentative" not in one.flags
            and (one.interface == link if pointer else links.may_change(one.interface))
        ]

    def is_ours(pointer: Pointer) -> bool:
        link = links.link_of(pointer)
        return link is not None and links.may_change(link)

    def blocking(port: int, addresses: Collection[str]) -> str | None:
        listening = [one for one in given.procfs.ports() if (one.protocol, one.state) == ("tcp", "listen")]
        there = [one for one in listening if one.local_port == port]
        in_the_way = [one for one in there if not addresses or one.local_address in {*EVERYWHERE, *addresses}]
        return holder_of(in_the_way[0].inode) if in_the_way else None

    around = Around(name_of, addresses_of, is_ours, blocking)
    root = given.system.root
    server = Ssh(root, given.directory / "ssh", given.may_change_system, around, ground or Ground())
    if not server.is_installed():
        return None
    tables = OpenSshTables(
        server,
        system_clock(given.procfs.boot_id()),
        PersonalKeys(root, accounts),
        lambda: [one.pid for one in given.procfs.processes() if one.command.startswith("sshd")],
    )
    return Part(
        "ssh", {"ssh": tables}, tables, [tables.forget], chores=[tables], follows=frozenset({"link", "address"})
    )
