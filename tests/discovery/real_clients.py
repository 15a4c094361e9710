"""A CPE with real DHCP clients on its WAN cable, a real server and the lab ACS at its other end, and the real agent.

The CPE's namespace has files of its own in /etc, /run and wherever clients keep their leases; the hooks in them are
what ``cpe-agent setup --dhcp-hooks`` installs.
"""

import shutil
import struct
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, Final

import pytest

from agent.cli.main import run
from tests.durability.stand import PROJECT, Agent, Stand
from tests.netlab.isp import DhcpServer
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

ISP, ISP6 = "192.0.2.1", "2001:db8:1::1"
PATH: Final = "/usr/sbin:/usr/bin:/sbin:/bin:/usr/lib/systemd:/usr/lib/NetworkManager"
CLIENTS: Final[Mapping[str, tuple[str, ...]]] = {
    "udhcpc": ("busybox", "udhcpc", "-f", "-i", "wan", "-s", "/etc/udhcpc/cpe-agent.script",
               "-O", "43", "-O", "125", "-V", "dslforum.org"),
    "dhclient": ("dhclient", "-4", "-d", "-v", "wan"),
    "dhclient6": ("dhclient", "-6", "-d", "-v", "wan"),
    "dhcpcd": ("dhcpcd", "-B", "-4", "wan"),
    "dhcpcd6": ("dhcpcd", "-B", "-6", "wan"),
    "dhcpcd on every link": ("dhcpcd", "-B", "-4"),
    "networkd": ("systemd-networkd",),
    "NetworkManager": ("NetworkManager", "--no-daemon"),
    "NetworkManager by dhclient": ("NetworkManager", "--no-daemon", "--config=/etc/NetworkManager/by-dhclient.conf"),
}  # fmt: skip
PACKAGES: Final = {
    "busybox": "busybox-static",
    "dhclient": "isc-dhcp-client",
    "dhcpcd": "dhcpcd-base",
    "systemd-networkd": "systemd",
    "NetworkManager": "network-manager",
    "nm-dispatcher": "network-manager",
    "dbus-daemon": "dbus-daemon",
    "dnsmasq": "dnsmasq-base",
}
HELPERS: Final = (
    ("dbus-daemon", "--config-file=/etc/bus.conf", "--nofork", "--nopidfile"),
    ("nm-dispatcher", "--persist"),
)
"""What NetworkManager needs beside it; the first one is waited for."""
BUS: Final = Path("run/dbus/system_bus_socket")

MOUNTED: Final = (
    "etc", "run", "var/lib/dhcp", "var/lib/dhcpcd", "var/lib/NetworkManager", "usr/lib/dhcpcd/dhcpcd-hooks",
    "usr/local/bin",
)  # fmt: skip
FOLDERS: Final = (
    "run/cpe-agent", "run/dbus", "run/systemd/netif/leases", "run/systemd/netif/links", "run/systemd/netif/lldp",
    "lib/netifd", "etc/dhcp", "etc/udhcpc", "etc/systemd/network", "etc/NetworkManager/dispatcher.d",
    "etc/NetworkManager/system-connections",
)  # fmt: skip
OF_THE_SYSTEM: Final = ("passwd", "group", "nsswitch.conf", "ld.so.cache", "hosts", "alternatives")
SCRIPT: Final = """#!/bin/sh
[ "$1" = bound ] || exit 0
ip address add "$ip/$mask" dev "$interface"
ip route add default via "$router" dev "$interface"
"""
MANAGED: Final = """[main]
plugins=keyfile
dhcp=internal
auth-polkit=false
no-auto-default=*
dns=none
[device]
match-device=interface-name:wan
managed=1
"""
CONNECTION: Final = """[connection]
id=wan
uuid=11111111-2222-3333-4444-555555555555
type=ethernet
interface-name=wan
[ipv4]
method=auto
[ipv6]
method=disabled
"""
BUS_CONF: Final = f"""<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig><listen>unix:path=/{BUS}</listen><auth>EXTERNAL</auth>
<policy context="default"><allow send_destination="*"/><allow receive_type="*"/><allow own="*"/></policy>
</busconfig>
"""
FILES: Final[Mapping[str, tuple[int, str]]] = {
    "etc/dhcp/dhclient.conf": (0o644, "request subnet-mask, routers, dhcp6.name-servers;\ninitial-interval 1;\n"),
    "etc/dhcpcd.conf": (0o644, "duid\nvendorclassid\nnoarp\nnodelay\nnodev\n"),
    "etc/systemd/network/10-wan.network": (0o644, "[Match]\nName=wan\n[Network]\nDHCP=ipv4\nLinkLocalAddressing=no\n"),
    "etc/udhcpc/default.script": (0o755, SCRIPT),
    "etc/machine-id": (0o644, "0123456789abcdef0123456789abcdef\n"),
    "lib/netifd/dhcpv6.script": (0o755, "#!/bin/sh\n"),
    "etc/NetworkManager/NetworkManager.conf": (0o644, MANAGED),
    "etc/NetworkManager/by-dhclient.conf": (0o644, MANAGED.replace("=internal", "=dhclient")),
    "etc/NetworkManager/system-connections/wan.nmconnection": (0o600, CONNECTION),
    "etc/bus.conf": (0o644, BUS_CONF),
}

GATEWAY: Final = {"oui": "00AABB", "serial_number": "G-1", "product_class": "Box"}
FORUM: Final = (3561).to_bytes(4, "big")


def said(url: str, provisioning_code: str) -> tuple[tuple[int, bytes], ...]:
    """TR-069's sub-options 1 to 4."""
    return (1, url.encode()), (2, provisioning_code.encode()), (3, b"1"), (4, b"1000")


def option(code: str, url: str, provisioning_code: str = "P-1") -> str:
    """dnsmasq's words for an option that names an ACS; 125 has another enterprise's before, and names the gateway."""
    parts = said(url, provisioning_code)
    if code == "43":
        content = four(parts)
    elif code == "125":
        gateway = tuple((4 + at, text.encode()) for at, text in enumerate(GATEWAY.values()))
        body = four((*gateway, *((11 + at, value) for at, (_, value) in enumerate(parts))))
        content = bytes.fromhex("00000009026869") + FORUM + bytes((len(body),)) + body
    else:
        content = option17(url, provisioning_code)
    number = "option6:17" if code == "17" else code
    return f"--dhcp-option-force={number},{content.hex(':')}"


def four(parts: tuple[tuple[int, bytes], ...]) -> bytes:
    """Sub-options of DHCPv4."""
    return b"".join(bytes((code, len(value))) + value for code, value in parts)


def option17(url: str, provisioning_code: str = "P-1") -> bytes:
    """The content of DHCPv6's option 17."""
    return FORUM + b"".join(
        struct.pack("!HH", code, len(value)) + value for code, value in said(url, provisioning_code)
    )


class Cpe:
    """The CPE, which knows of no ACS. Its WAN is ``wan``, in the provider's namespace ``s0``, a bridge."""

    def __init__(self, make: Callable[[], Namespace], folder: Path, family: int = 4) -> None:
        self.space, self.isp = make(), make()
        self._root = folder / "cpe"
        for one in (self.space, self.isp):
            one.ip("link set lo up")
        self._hurry()
        self.isp.ip("link add s0 type bridge")
        self.isp.ip("link set s0 up")
        veth(self.space, "wan", self.isp, "p0")
        self.isp.ip("link set p0 master s0")
        self.isp.ip(f"address add {ISP}/24 dev s0")
        self.isp.ip(f"address add {ISP6}/64 dev s0 nodad")
        self._furnish()
        control = f'[control]\nsocket = "/{CONTROL}"\n'
        self.stand = Stand(
            folder,
            namespace=self.space,
            host=ISP if family == 4 else ISP6,
            acs_namespace=self.isp,
            control=str(self._root / CONTROL),
        )
        self.stand.configure("", f"[discovery]\nallow_http = true\n{control}")
        self._logs: list[Path] = []

    def _hurry(self) -> None:
        """Links have their own addresses at once, which DHCPv6 needs, and ask for a router every second."""
        sysctls = {"accept_dad": 0, "router_solicitation_delay": 0, "router_solicitation_max_interval": 1}
        for name, value in {**sysctls, "router_solicitation_interval": 1}.items():
            self.space.run("sh", "-c", f"echo {value} > /proc/sys/net/ipv6/conf/default/{name}")

    def _furnish(self) -> None:
        for name in (*MOUNTED, *FOLDERS):
            (self._root / name).mkdir(parents=True, exist_ok=True)
        for name in OF_THE_SYSTEM:
            there = Path("/etc", name)
            if there.is_dir():
                shutil.copytree(there, self._root / "etc" / name, symlinks=True)
            elif there.exists():
                shutil.copy(there, self._root / "etc" / name)
        passwd = self._root / "etc/passwd"  # without its user dhcpcd is one process, which leaves no other behind
        lines = passwd.read_text().splitlines(keepends=True)
        passwd.write_text("".join(line for line in lines if not line.startswith("dhcpcd:")))
        program = f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m agent "$@"\n'
        for name, (mode, text) in {**FILES, "usr/local/bin/cpe-agent": (0o755, program)}.items():
            (self._root / name).write_text(text)
            (self._root / name).chmod(mode)
        for owned in ("", "leases", "links", "lldp"):
            shutil.chown(self._root / "run/systemd/netif" / owned, "systemd-network", "systemd-network")
        assert run(["setup", "--dhcp-hooks", "--root", str(self._root)]) == 0
        for name in MOUNTED:
            if Path("/", name).is_dir():
                self.space.run("mount", "--bind", str(self._root / name), f"/{name}")
        self.space.run("mount", "-o", "remount,ro,bind", "/sys")  # or networkd and NetworkManager wait for udev

    @contextmanager
    def serving(self, *options: str, family: int = 4, answers_inform: bool = False) -> Iterator[DhcpServer]:
        """The provider's DHCP server, of one family. ``answers_inform``: also to the agent itself."""
        net = ["--dhcp-range=192.0.2.50,192.0.2.90,120", f"--dhcp-option=option:router,{ISP}"]
        if family == 6:
            net = ["--enable-ra", "--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,120"]
        if not answers_inform:
            net += ["--dhcp-match=set:agent,125", "--dhcp-ignore=tag:agent"]  # no other client says who it is
        folder = self.stand.directory / "isp"
        folder.mkdir(exist_ok=True)
        server = DhcpServer(self.isp, folder, "--no-ping", *net, *options)
        server.start()
        try:
            yield server
        finally:
            server.stop()

    @contextmanager
    def client(self, name: str) -> Iterator[None]:
        """A DHCP client at work, with what it needs."""
        with ExitStack() as running:
            for helper in HELPERS if name.startswith("NetworkManager") else ():
                running.enter_context(self._program(helper[0], *helper))
                until((self._root / BUS).exists, lambda: "no bus")
            running.enter_context(self._program(name, *CLIENTS[name]))
            yield

    @contextmanager
    def _program(self, name: str, program: str, *words: str) -> Iterator[None]:
        found = shutil.which(program, path=PATH)
        if found is None:
            pytest.skip(f"needs {program} (package {PACKAGES[program]})")
        self._logs.append(self.stand.directory / f"{name}.log")
        with self._logs[-1].open("wb") as log:
            process = subprocess.Popen(self.space.command(found, *words), stdout=log, stderr=log)
        try:
            yield
        finally:
            process.terminate()
            try:
                process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(PATIENCE)

    def beside(self, other: Namespace) -> Namespace:
        """Put somebody else's ``s0`` on the WAN's cable."""
        veth(self.isp, "p1", other, "s0")
        self.isp.ip("link set p1 master s0")
        return other

    def show(self) -> None:
        """Print what everybody wrote."""
        for log in (*self._logs, self.stand.directory / "isp/dnsmasq.log", self.stand.log):
            if log.exists():
                print(f"--- {log.name}", log.read_text(errors="replace")[-6000:], sep="\n")


CONTROL: Final = "run/cpe-agent/control.sock"


def offer(agent: Agent, told_by: str, interface: str = "wan") -> dict[str, Any]:
    """What a client says of a link, as `cpe-agent discover` shows it; {} where it says nothing."""
    found: list[dict[str, Any]] = agent.ask("discover")["sources"]
    return next((one for one in found if (one.get("told_by"), one.get("interface")) == (told_by, interface)), {})


@contextmanager
def cpe_of(make: Callable[[], Namespace], folder: Path, family: int = 4) -> Iterator[Cpe]:
    """A CPE with a WAN of one family, for the length of a ``with``."""
    made = Cpe(make, folder, family)
    with made.stand:
        yield made
        made.show()
