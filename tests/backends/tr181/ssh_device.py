"""A machine with OpenSSH and a few accounts, as an ACS sees it."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.model.own_values import OwnValues
from backends.accounts import Accounts
from backends.procfs import Procfs
from backends.ssh.instance import Ground
from backends.system import System
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.ssh import ssh
from backends.tr181.ssh_tables import ssh_server
from backends.tr181.users import AccountTables, users
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents

PASSWD = ("root:x:0:0:root:/root:/bin/sh", "anna:x:1001:1001::/home/anna:/bin/sh")
GROUP = ("anna:x:1001:", "helpers:x:1100:anna")


class Links:
    """Two links, one of them given to the agent; their rows are of the same names."""

    def link_of(self, target: Any) -> str | None:
        return target.keys[-1] if target and target.table == IP_INTERFACE else None

    def may_change(self, link: str) -> bool:
        return link == "lan0"

    def row_of(self, link: str, table: str) -> None:
        return None


def given(root: Path, **more: Any) -> Mechanisms:
    """The mechanisms of a machine whose files are below ``root``."""
    nothing: Any = None
    addresses = [
        SimpleNamespace(interface=link, address=address, scope=scope, flags=frozenset())
        for link, address, scope in (
            ("lan0", "127.0.0.1", "global"), ("lan0", "fe80::1", "link"), ("wan0", "192.0.2.1", "global"),
        )
    ]  # fmt: skip
    netlink: Any = SimpleNamespace(addresses=lambda: addresses)
    links: Any = Links()
    return Mechanisms(
        netlink, nothing, Procfs(root / "proc"), nothing, System(root), nothing, OwnValues({}, {}),
        links=links, directory=root / "run", **more,
    )  # fmt: skip


class SshDevice(SmallDevice):
    """The objects, with those of the users."""

    def __init__(self, root: Path, ground: Ground | None = None, store: Documents | None = None, **more: Any) -> None:
        accounts = AccountTables(Accounts(root))
        have = given(root, accounts=accounts, **more)
        part = ssh_server(have, ground)
        assert part is not None
        self.tables = part.provides["ssh"]
        have = given(root, accounts=accounts, ssh=self.tables, **more)
        objects = [*users(have), *ssh(have), *beside()]
        forget = [accounts.accounts.forget, have.procfs.forget, *part.forget]
        super().__init__(objects, backends=[accounts, self.tables], forget=forget, store=store)


def beside() -> list[Any]:
    """The IP interfaces that servers are at."""
    from agent.model.object import Object, Parameter

    names = [Parameter("Name", lambda row: row)]
    return [Object(IP_INTERFACE, lambda: ["lan0", "wan0"], lambda row: (row,), names)]


def machine(root: Path, configuration: str = "", *, runs: bool = True) -> Path:
    """Files of a machine with an OpenSSH server, that runs as process 77."""
    for folder in ("etc/ssh/sshd_config.d", "usr/sbin", "run", "proc/77"):
        (root / folder).mkdir(parents=True)
    (root / "usr/sbin/sshd").touch()
    (root / "etc/ssh/sshd_config").write_text(configuration)
    for name, lines in (("passwd", PASSWD), ("group", GROUP), ("shadow", ()), ("gshadow", ()), ("shells", ())):
        (root / "etc" / name).write_text("".join(f"{line}\n" for line in lines))
    if runs:
        (root / "run/sshd.pid").write_text("77\n")
        (root / "proc/77/comm").write_text("sshd\n")
        (root / "proc/77/stat").write_text("77 (sshd) S 1 " + "0 " * 17 + "6000 0\n")
        (root / "proc/stat").write_text("cpu  1 2 3\nbtime 1800000000\n")
    return root
