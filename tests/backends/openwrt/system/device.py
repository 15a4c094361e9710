"""A device with what /etc/config/system, dropbear and rpcd are for, over OpenWrt's files and a bus that is told."""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

from agent.model.data_model import DataModel
from agent.model.object import Object
from backends.openwrt.reloads import Reloads
from backends.tr181.device_files import device_files
from backends.tr181.device_info import device_info, host_name
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.openwrt_ssh import openwrt_ssh
from backends.tr181.openwrt_system import openwrt_system
from backends.tr181.openwrt_time import openwrt_time
from backends.tr181.openwrt_users import openwrt_users
from backends.tr181.parts import Build, Machine, Part
from backends.tr181.root import root as root_object
from backends.tr181.ssh import ssh
from backends.tr181.staging import LinuxNetwork
from backends.tr181.time import time as time_objects
from backends.tr181.users import users
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.backends.acs import Acs
from tests.backends.openwrt.router import NETWORK, Told
from tests.backends.whole_device import device_in_memory
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeKernel

SYSTEM: Final = """
config system
	option hostname 'OpenWrt'
	option timezone 'CET-1CEST,M3.5.0,M10.5.0/3'
	option zonename 'Europe/Berlin'
	option ttylogin '0'
	option log_size '128'
	option urandom_seed '0'

# who tells the time
config timeserver 'ntp'
	option enabled '1'
	option enable_server '0'
	list server '0.openwrt.pool.ntp.org'
	list server '1.openwrt.pool.ntp.org'

config led 'led_wan'
	option name 'wan'
	option sysfs 'green:wan'
	option trigger 'netdev'
	option mode 'link tx rx'
	option dev 'wan'
"""

ETC: Final = {
    "passwd": "root:x:0:0:root:/root:/bin/ash\ndaemon:*:1:1:daemon:/var:/bin/false\n"
    "ntp:x:123:123:ntp:/var/run:/bin/false\nanna:x:1000:1000::/home/anna:/bin/bash\n",
    "group": "root:x:0:\ndaemon:x:1:\nadm:x:4:\nsudo:x:27:anna\nempty:x:99:\nanna:x:1000:\nfriends:x:1001:anna\n",
    "shadow": "root::0:0:99999:7:::\ndaemon:*:0:0:99999:7:::\nntp:x:0:0:99999:7:::\n"
    "anna:$6$salt$old:20000:0:99999:7:::\n",
    "shells": "/bin/ash\n/bin/sh\n/bin/bash\n",
}
RPCD: Final = """
config rpcd
	option socket /var/run/ubus/ubus.sock
	option timeout 30

config login
	option username 'root'
	option password '$p$root'
	list read '*'
	list write '*'
"""

DROPBEAR: Final = """
config dropbear
	option PasswordAuth 'on'
	option RootPasswordAuth 'on'
	option Port         '22'
#	option BannerFile   '/etc/banner'
	option mdns '0'
"""

Piece = Callable[[Mechanisms, Surface], Part | None]


class OpenWrtDevice(Acs):
    """Set, add, delete and get as an ACS would; ``told`` is what init scripts were told."""

    PARTS: tuple[Piece, ...] = (openwrt_system, openwrt_time, openwrt_users, openwrt_ssh)

    def __init__(
        self,
        root: Path,
        packages: Mapping[str, str] | None = None,
        *,
        may_change: bool = True,
        bus: Path | None = None,
        store: Documents | None = None,
    ) -> None:
        self.root = root
        self.places = Places.under(root)
        self.store = store or Documents()
        given = {"system": SYSTEM, "network": NETWORK, "rpcd": RPCD, "dropbear": DROPBEAR, **(packages or {})}
        if store is None:
            for folder in (self.places.config, self.places.staged, root / "tmp"):
                folder.mkdir(parents=True, exist_ok=True)
            for name, text in given.items():
                self.write(name, text)
            for name, text in ETC.items():
                (root / "etc" / name).write_text(text)
            (root / "etc/shadow").chmod(0o600)
        kernel = FakeKernel()
        for name, kind in (("br-lan", "bridge"), ("br-guest", "bridge"), ("wan", "")):
            kernel.add_link(name, kind, up=True, running=True, operstate="up")
        whole, self.machine = device_in_memory(root, kernel, may_change_system=may_change)
        network = LinuxNetwork(whole.mechanisms.netlink, whole.mechanisms.procfs, ("br-*",), lambda: None)
        mechanisms = replace(whole.mechanisms, network=network, links=Links(network))
        self.uci = FileUci(self.places)
        self.told = Told()
        reach = Bus(bus or root / "no-bus")
        self.reloads = Reloads(reach, self.told)
        self.surface = surface = Surface(self.uci, reach, self.reloads, root)
        builds: list[Build] = [self._build(one, surface) for one in self.PARTS]
        made = Machine(mechanisms, builds)
        self.mechanisms, self.parts = made.mechanisms, {part.name: part for part in made.parts}
        declared: list[Object[Any]] = [one for declare in self.declared() for one in declare(self.mechanisms)]
        self.model = DataModel(
            whole.model.schema, declared, whole.own, [network, *made.backends], self.store,
            time.monotonic, forget=[whole.mechanisms.netlink.forget, *made.forget], boot_id="boot",
        )  # fmt: skip
        self.accounts = self.mechanisms.accounts.accounts if self.mechanisms.accounts else None
        self.model.settle = made.settle
        self.model.load(made.apply_at_start)

    @staticmethod
    def _build(one: Piece, surface: Surface) -> Build:
        return lambda mechanisms: one(mechanisms, surface)

    def declared(self) -> list[Callable[[Mechanisms], list[Object[Any]]]]:
        """The objects that it has."""
        return [root_object, ip, device_info, device_files, host_name, time_objects, users, ssh]

    def write(self, package: str, text: str) -> None:
        """Somebody writes a package."""
        (self.places.config / package).write_text(text)

    def text(self, package: str) -> str:
        """A package's text."""
        return (self.places.config / package).read_text()

    def etc(self) -> dict[str, str]:
        """What stands in the files of the accounts, and who has a home."""
        texts = {name: (self.root / "etc" / name).read_text() for name in ("passwd", "group", "shadow")}
        homes = [path.name for path in (self.root / "home").iterdir()] if (self.root / "home").is_dir() else []
        return {**texts, "home": str(sorted(homes)), "rpcd": self.text("rpcd")}

    def interface(self, name: str) -> str:
        """The IP interface with this name."""
        return self.find("Device.IP.Interface.", Name=name).rstrip(".")
