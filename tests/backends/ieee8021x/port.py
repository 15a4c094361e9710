"""A machine whose port c0 leads to a port s0 that lets nobody in unauthenticated: hostapd with its own EAP server.

Both are in one namespace, and so is the test while it lasts: the daemons answer to sockets of their own namespace only.
"""

import ctypes
import signal
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from agent.model.own_values import OwnValues
from backends.hostapd import Hostapd
from backends.ieee8021x.configuration import Credentials
from backends.ieee8021x.service import Place, Supplicants
from backends.netlink import RouteTo
from backends.netlink_socket import CLONE_NEWNET
from backends.programs import Program, find_program
from backends.sysfs import Sysfs
from backends.tr181.bridging import bridging
from backends.tr181.ethernet import ethernet
from backends.tr181.ieee8021x import ieee8021x
from backends.tr181.ip import ip
from backends.tr181.layers import ETHERNET_INTERFACE
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.staging import LinuxNetwork
from backends.tr181.wired_supplicants import SupplicantTable
from backends.wpa_control import pairs
from backends.wpa_supplicant import WpaSupplicant
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

SUPPLICANT = "Device.IEEE8021x.Supplicant."
THEIRS = 'thé "others"'
IDENTITY, SECRET = "house 7", 'a "secret" \u00e9\\'


def program(name: str) -> str:
    """Where a program is."""
    found = find_program(name)
    assert found is not None
    return str(found)


@contextmanager
def entered(namespace: Namespace) -> Iterator[None]:
    """This thread, and what it starts, in another network namespace. OSError where only root may."""
    libc = ctypes.CDLL(None, use_errno=True)  # os.setns is younger than Python 3.11
    with open("/proc/thread-self/ns/net", "rb") as before, open(namespace.path, "rb") as there:
        if libc.setns(there.fileno(), CLONE_NEWNET) != 0:
            raise OSError(ctypes.get_errno(), "setns")
        try:
            yield
        finally:
            assert libc.setns(before.fileno(), CLONE_NEWNET) == 0


class Authenticator:
    """hostapd on s0: EAP-MD5 for one user, EAP-TLS for who has a certificate of the authority in ``certificates``."""

    def __init__(self, folder: Path, certificates: Path | None = None) -> None:
        self._folder = folder
        self._program = Program("hostapd", folder)
        self.control = Hostapd(folder / "control" / "s0", deadline=5)
        folder.mkdir(exist_ok=True)
        lines = ["interface=s0", "driver=wired", "ieee8021x=1", "eap_server=1", f"eap_user_file={folder / 'users'}",
                 f"ctrl_interface={folder / 'control'}", "use_pae_group_addr=1"]  # fmt: skip
        users = [f'"{IDENTITY}" MD5 {SECRET.encode().hex()}']
        if certificates is not None:
            users = [f'"{IDENTITY}" TLS']
            lines += [f"ca_cert={certificates / 'ca.pem'}", f"server_cert={certificates / 'server.pem'}",
                      f"private_key={certificates / 'server.key'}"]  # fmt: skip
        (folder / "users").write_text("\n".join([*users, ""]))
        (folder / "hostapd.conf").write_text("\n".join([*lines, ""]))

    def start(self) -> None:
        """Have it at work."""
        self._program.start([program("hostapd"), str(self._folder / "hostapd.conf")], self.control.is_there)

    def stop(self) -> None:
        """End it."""
        self._program.stop()

    def is_authorized(self) -> bool:
        """Whether it lets somebody in, as hostapd_cli tells it."""
        told = [str(one.get("flags", "")) for one in self.control.stations().values()]
        return told == ["[AUTHORIZED]"]


class Port:
    """The cable and the parts of the machine. ``close`` ends all that was started."""

    def __init__(self, home: Namespace, folder: Path) -> None:
        self.home, self.folder = home, folder
        veth(home, "s0", home, "c0")
        home.ip("link set lo up")
        self.procfs = NamespaceSettings(home)
        self.netlink = home.netlink()
        self.elsewhere = folder / "elsewhere"
        self.path: RouteTo | None = None
        self.authenticator = Authenticator(folder / "authenticator")
        self.tables: list[SupplicantTable] = []

    def device(
        self,
        manage: Sequence[str] = ("c0",),
        store: Documents | None = None,
        credentials: Credentials = Credentials(),  # noqa: B008 - frozen
    ) -> SmallDevice:
        """The agent's model of the machine; with the store of another, the agent after a restart."""
        network = LinuxNetwork(self.netlink, self.procfs, manage, lambda: self.path)
        links = Links(network)

        def is_port(link: str) -> bool:
            return links.row_of(link, ETHERNET_INTERFACE) is not None

        def on_the_way() -> set[str]:
            return {self.path.interface} if self.path else set()

        place = Place(links.link_of, is_port, links.may_change, on_the_way, self.elsewhere)
        command = program("wpa_supplicant")
        supplicants = Supplicants(self.netlink, place, self.folder / "run", [command], credentials)
        table = SupplicantTable(supplicants, links)
        self.tables.append(table)
        nothing: Any = None
        mechanisms = Mechanisms(
            self.netlink, nothing, self.procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),
            links=links, supplicants=table,
        )  # fmt: skip
        objects = [one for each in (ethernet, bridging, ip, ieee8021x) for one in each(mechanisms)]
        device = SmallDevice(
            objects, backends=(network, table), store=store, forget=(self.netlink.forget, supplicants.forget)
        )
        table.apply_at_start()
        return device

    @property
    def supplicants(self) -> Supplicants:
        """The service of the last device."""
        return self.tables[-1].supplicants

    def reapply(self) -> None:
        """What the agent does after the kernel told of a link."""
        self.netlink.forget()
        self.tables[-1].reapply()

    def supplicant(self, device: SmallDevice, **values: str) -> str:
        """A supplicant on c0, enabled, by default with EAP-MD5 and what the authenticator knows; its path."""
        row = device.find("Device.Ethernet.Interface.", Name="c0").removesuffix(".")
        given = {"EAPIdentity": IDENTITY, "EAPMD5.SharedSecret": SECRET, "EAPMD5.Enable": "1", "Enable": "1", **values}
        return device.add(SUPPLICANT, Interface=row, **given)

    def foreign(self, control: Path | None) -> None:
        """A wpa_supplicant of the machine's own on c0, whose sockets are in ``control``; None: it has none."""
        folder = self.folder / "foreign"
        folder.mkdir(exist_ok=True)
        lines = [*([f"ctrl_interface={control}"] if control else []), "ap_scan=0", "network={", "key_mgmt=IEEE8021X",
                 "eap=MD5", f'identity={THEIRS.encode().hex()}', 'password="hidden"', "}", ""]  # fmt: skip
        (folder / "wired.conf").write_text("\n".join(lines))
        command = [program("wpa_supplicant"), "-D", "wired", "-i", "c0", "-c", str(folder / "wired.conf")]
        is_there = WpaSupplicant(control / "c0").is_there if control else None
        Program("wpa_supplicant", folder).start(command, is_there)

    def told(self, command: str) -> dict[str, str]:
        """What wpa_cli says of our supplicant."""
        cli = [program("wpa_cli"), "-p", str(self.folder / "run" / "c0" / "control"), "-i", "c0", command]
        return pairs(subprocess.run(cli, check=True, capture_output=True, text=True, timeout=PATIENCE).stdout)

    @property
    def control(self) -> WpaSupplicant:
        """The socket of our supplicant."""
        return WpaSupplicant(self.folder / "run" / "c0" / "control" / "c0", deadline=5)

    def process(self) -> int | None:
        """The wpa_supplicant of c0."""
        return Program("wpa_supplicant", self.folder / "run" / "c0").pid()

    def kill(self) -> None:
        """End our supplicant as if it had crashed."""
        Program("wpa_supplicant", self.folder / "run" / "c0").signal(signal.SIGKILL)
        until(lambda: self.process() is None)

    def close(self) -> None:
        """Leave nothing running."""
        self.authenticator.stop()
        Program("wpa_supplicant", self.folder / "run" / "c0").stop()
        Program("wpa_supplicant", self.folder / "foreign").stop()
        self.procfs.close()
