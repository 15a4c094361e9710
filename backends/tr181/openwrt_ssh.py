"""SSH on a machine with OpenWrt: dropbear, over /etc/config/dropbear, and root's keys in the file that it reads."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import ClassVar, Final

from backends.account_changes import USER
from backends.desired_state import Pointer, Record
from backends.errors import MechanismError
from backends.firewall.leases import Clock, system_clock
from backends.lan.file_watch import FileWatch
from backends.lan.ports import holder_of
from backends.openwrt.configured import Configured
from backends.openwrt.desired import UciDesired
from backends.openwrt.sections import sections_of
from backends.openwrt.system.dropbear import DROPBEAR, NETWORK, DropbearMapping, Ground
from backends.openwrt.system.key_file import FILE, KeyFile
from backends.openwrt.system.ssh_state import logged_in, server_pids
from backends.ssh.records import AuthorizedKey, SshServer, SshService
from backends.ssh.sessions import Session
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface, ground_of
from backends.tr181.parts import Part
from backends.tr181.service import TableService
from backends.tr181.ssh_keys import KEYS, PersonalKeys
from backends.tr181.ssh_tables import TOPIC, SshTables
from backends.tr181.users import USERS, AccountTables
from backends.ubus import Bus, BusError
from backends.uci import Uci

ROOT: Final = "root"


class KeyTables(TableService, UciDesired):
    """Root's keys."""

    def __init__(self, keys: KeyFile) -> None:
        super().__init__("ssh keys", (AuthorizedKey,), keys, {AuthorizedKey: KEYS}, {"text": ("Key",)})


class UciSshTables(SshTables, UciDesired):
    """Every section is a server like the others. ``settle`` tells OpenWrt of what time alone has changed."""

    kinds: ClassVar[Sequence[type[Record]]] = (SshService, SshServer)
    added: ClassVar[SshServer] = SshServer(
        port=22, idle_timeout=180, keep_alive=300, root_login=False, password_login=False, root_password_login=False,
        max_auth_tries=3, from_all_ipv4=True, from_all_ipv6=True,
    )  # fmt: skip
    """As TR-181 has them added, but that dropbear asks nobody where he comes from."""
    topics: ClassVar[tuple[str, ...]] = (TOPIC, "netifd")

    def __init__(
        self, configured: Configured, clock: Clock, personal: PersonalKeys, keys: KeyTables, daemons: "Daemons",
        settle: Callable[[], None],
    ) -> None:  # fmt: skip
        super().__init__(configured, clock, personal)
        self._keys = keys
        self._daemons = daemons
        self._settle = settle

    @property
    def key_tables(self) -> TableService:
        """See SshTables."""
        return self._keys

    def forget(self) -> None:
        """What was read may be old."""
        SshTables.forget(self)
        UciDesired.forget(self)
        self._keys.forget()
        self._daemons.forget()

    def source(self, key: str) -> str:
        """See SshTables."""
        return f"/etc/config/{DROPBEAR}, section {key}"

    def due(self, now: float) -> float | None:
        """See SshTables; procd looks after the servers."""
        return min((now + left for _, left in self._ending()), default=None)

    def act(self, now: float) -> frozenset[str]:
        """See SshTables."""
        topics = super().act(now)
        if topics:
            self._settle()
        return topics

    def _is_idle(self) -> bool:
        return self._staged is None and not self._waiting

    def _pid_of(self, key: str) -> int | None:
        return self._daemons.servers().get(key)

    def _logged_in(self, servers: Mapping[int, str]) -> Sequence[Session]:
        return self._daemons.sessions(servers, next(iter(self.server_keys()), ""))


class Daemons:
    """dropbear's processes: its servers as procd tells, asked once until ``forget``, and those that serve somebody."""

    def __init__(
        self, uci: Uci, bus: Bus, processes: Callable[[], Iterable[int]], users: Callable[[], Mapping[int, str]],
        proc: str,
    ) -> None:  # fmt: skip
        self._uci = uci
        self._bus = bus
        self._processes = processes
        self._users = users
        self._proc = proc
        self._servers: dict[str, int] | None = None

    def forget(self) -> None:
        """What was read may be old."""
        self._servers = None

    def servers(self) -> Mapping[str, int]:
        """By section."""
        if self._servers is None:
            try:
                answer = self._bus.call("service", "list", {"name": DROPBEAR})
                self._servers = server_pids(answer, sections_of(self._uci.read(DROPBEAR), DROPBEAR))
            except (BusError, MechanismError):
                self._servers = {}
        return self._servers

    def sessions(self, servers: Mapping[int, str], otherwise: str) -> Sequence[Session]:
        """``otherwise``: the server of who has come before the servers were started anew."""
        return list(logged_in(list(self._processes()), servers, otherwise, self._users(), self._proc))


def openwrt_ssh(given: Mechanisms, surface: Surface) -> Part | None:
    """dropbear, where it is installed."""
    if not {DROPBEAR, NETWORK} <= set(surface.uci.packages()):
        return None
    lan, procfs, accounts, root = ground_of(given, surface), given.procfs, given.accounts, surface.root

    def is_ours(pointer: Pointer) -> bool:
        link = lan.link_of(pointer)
        return link is not None and lan.may_change(link)

    def blocking(port: int) -> str:
        there = [one for one in procfs.ports() if (one.protocol, one.state) == ("tcp", "listen")]
        holder = next((holder_of(one.inode) for one in there if one.local_port == port), "")
        return "" if holder.startswith(DROPBEAR) else holder

    netifd, may_change = surface.netifd, given.may_change_system
    ground = Ground(lan.row_of, lan.link_of, is_ours, lan.present, blocking, lan.links, may_change)
    configured = Configured(surface.uci, DropbearMapping(ground), surface.reloads.note)
    keys = KeyTables(KeyFile(root, lambda: _root_of(accounts), may_change))
    daemons = Daemons(
        surface.uci,
        surface.bus,
        lambda: [one.pid for one in procfs.processes() if one.command == DROPBEAR],
        lambda: {row.number or 0: row.name for row in accounts.rows(USER)} if accounts else {},
        str(root / "proc"),
    )
    personal = PersonalKeys(root, accounts, files=(".ssh/authorized_keys",), without=(ROOT,))
    tables = UciSshTables(configured, system_clock(procfs.boot_id()), personal, keys, daemons, surface.reloads.settle)
    files = (root / "etc/config" / DROPBEAR, root / FILE)
    topics = {path: TOPIC for path in files if path.parent.is_dir()}
    return Part(
        name="ssh",
        provides={"ssh": tables},
        backend=tables,
        forget=[netifd.forget, tables.forget],
        watch=FileWatch(topics).watch,
        chores=[tables],
        follows=frozenset(),
        settle=surface.reloads.settle,
    )


def _root_of(accounts: AccountTables | None) -> Pointer | None:
    found = (row.key for row in accounts.rows(USER) if row.number == 0) if accounts else iter(())
    key = next(found, None)
    return Pointer(USERS, (key,)) if key else None
