"""A home router with OpenWrt to run the agent in: its root directory, its links, its bus.

python -m tests.openwrt.home_router run …      is ``cpe-agent run …`` with the router's root directory as /

The root (named by HOME_ROUTER) has the configuration that a typical board comes with, the agent's own package, and of
programs those that the image would have; only Python, its packages and the kernel's own files are this machine's. The
agent has mounts of its own for that, and the network namespace that it is started in, which ``links`` makes look like
the router's.
"""

import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

from tests.bench.stage import Stage, stage
from tests.netlab.namespace import Namespace
from tests.openwrt.home_answers import ADDRESSES, BRIDGES, GATEWAY, LINKS, mac
from tests.openwrt.home_bus import HomeBus

sys.path.insert(0, str(Path(__file__).parents[2] / "openwrt"))
import pack

PROJECT: Final = Path(__file__).parents[2]
FILES: Final = Path(__file__).parent / "home"
ROOT: Final = "HOME_ROUTER"
MOUNTED: Final = "HOME_ROUTER_MOUNTED"
PROGRAM: Final = "tests.openwrt.home_router"
START: Final = """
import runpy
from agent.runtime.memory import slim_while_loading
slim_while_loading()  # as `run` does before it loads the agent
runpy.run_module("tests.openwrt.home_radios", run_name="__main__", alter_sys=True)
"""
ENVIRONMENT: Final = {
    "PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "PYTHONPATH": f"/{pack.LIBRARY}:{PROJECT}", "PYTHONSAFEPATH": "1",
    "PYTHONDONTWRITEBYTECODE": "1", "PYTHONNODEBUGRANGES": "1",
    "PYTHONTZPATH": "/usr/share/zoneinfo", "MALLOC_ARENA_MAX": "1",
}  # fmt: skip
"""As the package's command and init script have it."""
SOCKET: Final = "var/run/ubus/ubus.sock"
SETTINGS: Final = """
[system]
mechanisms = "openwrt"
manage = true
[network]
manage = ["*"]
[web]
enable = false
[discovery]
enable = false
"""
HOSTS: Final = 12
PROGRAMS: Final = (
    "bin/ash", "sbin/uci", "bin/ubus", "sbin/reload_config", "sbin/wifi", "usr/sbin/dnsmasq", "usr/sbin/odhcpd",
    "usr/sbin/dropbear", "usr/bin/dropbearkey", "usr/sbin/miniupnpd", "usr/sbin/pppd", "usr/sbin/hostapd",
    "usr/sbin/ntpd", "usr/sbin/wpad", "usr/sbin/uhttpd", "usr/sbin/odhcp6c", "sbin/udhcpc", "sbin/fw4",
    "usr/sbin/nft", "sbin/tc",
    "usr/lib/sqm/run.sh", "usr/lib/ddns/dynamic_dns_updater.sh",
    *(f"etc/init.d/{name}" for name in (
        "cpe-agent", "cron", "ddns", "dnsmasq", "dropbear", "firewall", "led", "log", "miniupnpd", "network", "odhcpd",
        "rpcd", "sqm", "sysntpd", "system", "uhttpd", "wpad",
    )),
)  # fmt: skip
"""What the image has installed. None of them can run here: whoever starts one is seen to fork, and gets nothing."""
PATH_OF_RADIOS: Final = "platform/soc/18000000.wifi"
LAMPS: Final = ("blue:wan", "green:status", "green:lan", "white:wlan-2g")


@dataclass(frozen=True, slots=True)
class HomeRouter:
    """The root directory and the bus."""

    root: Path
    bus: HomeBus

    def package(self, name: str) -> str:
        """The text of a package of UCI."""
        return (self.root / "etc/config" / name).read_text()


@contextmanager
def home_router() -> Iterator[HomeRouter]:
    """A root directory with everything in it, and the bus at work."""
    with TemporaryDirectory(prefix="cpe-agent-home-") as name:
        root = Path(name) / "root"
        make_root(root)
        with HomeBus(root / SOCKET) as bus:
            yield HomeRouter(root, bus)


def make_root(root: Path) -> None:
    """Everything that the image has, and what its daemons have written since it started."""
    shutil.copytree(FILES, root)
    (root / "var").symlink_to("tmp")
    for folder in (
        "dev",
        "proc",
        "sys",
        "tmp/run/ubus",
        "tmp/etc",
        "tmp/hosts",
        "tmp/log",
        "tmp/.uci",
        "root",
        "overlay",
    ):
        (root / folder).mkdir(parents=True, exist_ok=True)
    (root / "run").symlink_to("tmp/run")
    pack.install(root)
    for program in PROGRAMS:
        (root / program).parent.mkdir(parents=True, exist_ok=True)
        (root / program).write_text("#!/bin/none\n")
        (root / program).chmod(0o755)
    (root / "etc/shadow").chmod(0o600)
    until = int(time.time()) + 3600
    leases = [
        f"{until} 02:00:00:00:01:{n:02x} 192.168.1.{n + 100} host-{n} 01:02:00:00:00:01:{n:02x}\n" for n in range(HOSTS)
    ]
    (root / "tmp/dhcp.leases").write_text("".join(leases))


# -- the links ------------------------------------------------------------------------------------------------------


@contextmanager
def links() -> Iterator[None]:
    """The router's links, in this namespace; the cables lead into another one."""
    beyond = Namespace()
    try:
        _ip("link set lo up")
        for name in LINKS:
            _ip(f"link add {name} address {mac(name)} type veth peer name {name} netns {beyond.pid}")
            _ip(f"link set {name} up")
            if name != "lan4":  # nothing is plugged in there
                beyond.ip(f"link set {name} up")
        for name, ports in BRIDGES.items():
            _ip(f"link add {name} address {mac(name)} type bridge")
            for port in ports:
                _ip(f"link set {port} master {name}")
            _ip(f"link set {name} up")
        for name, addresses in ADDRESSES.items():
            for address in addresses:
                _ip(f"address add {address} dev {name}{'' if ':' not in address else ' nodad'}")
        _ip(f"route add default via {GATEWAY} dev wan proto static")
        _ip("route add 10.55.0.0/16 via 192.168.1.254 dev br-lan proto static metric 50")
        for number in range(HOSTS):
            _ip(f"neigh add 192.168.1.{number + 100} lladdr 02:00:00:00:01:{number:02x} dev br-lan nud reachable")
        yield
    finally:
        beyond.close()
        for name in BRIDGES:
            subprocess.run(["ip", "link", "delete", name], check=False, capture_output=True)


def _ip(arguments: str) -> None:
    subprocess.run(["ip", *arguments.split()], check=True, capture_output=True)


# -- the agent in it ------------------------------------------------------------------------------------------------


@contextmanager
def at_home(more: str = "") -> Iterator[tuple[HomeRouter, Stage]]:
    """The router with the agent at work and its ACS, in this network namespace, which has to be one's own."""
    with ExitStack() as stack:
        router = stack.enter_context(home_router())
        stack.enter_context(links())
        os.environ[ROOT] = str(router.root)
        stack.callback(os.environ.pop, ROOT)
        yield router, stack.enter_context(stage(more=SETTINGS + more, program=PROGRAM))


def main(arguments: Sequence[str]) -> None:
    """Become the agent, with the router's root as its own."""
    again = [sys.executable, "-m", PROGRAM, *arguments]
    if MOUNTED not in os.environ:
        os.environ[MOUNTED] = "yes"
        os.execvp("unshare", ["unshare", "--mount", "--propagation", "private", "--", *again])
    del os.environ[MOUNTED]
    root = Path(os.environ.pop(ROOT))
    _mount(root, Path(arguments[arguments.index("--config") + 1]).parent)
    os.environ.update(ENVIRONMENT)
    os.chroot(root)
    os.chdir("/")
    os.execv(sys.executable, [sys.executable, "-c", START, *arguments])


def _mount(root: Path, given: Path) -> None:
    """This machine's Python and kernel below the root, at their own places; ``given`` has settings and state."""
    for place in (Path("/dev"), Path("/proc"), Path(sys.prefix), PROJECT / "tests", given):
        _bind(place, root)
    _show_the_kernel(root / "sys")
    prefix = Path(sys.base_prefix)
    if prefix != Path("/usr"):
        _bind(prefix, root)
    for library in ("/usr/lib", "/usr/lib64", "/usr/lib32", "/lib", "/lib64"):
        place = Path(library)
        there = root / library.lstrip("/")
        if place.is_symlink() and not there.exists():
            there.symlink_to(os.readlink(place))
        elif place.is_dir():  # what the image has there as well comes first
            there.mkdir(parents=True, exist_ok=True)
            layers = f"lowerdir={there}:{place.resolve()}"
            _run("mount", "-t", "overlay", "-o", layers, "both", str(there))
    _interpreter(root)


def _show_the_kernel(sys_of_root: Path) -> None:
    """The kernel's /sys, where the board has lamps and radios beside what this machine has."""
    behind = sys_of_root.with_name(".sys")
    behind.mkdir(exist_ok=True)
    _run("mount", "-t", "sysfs", "sysfs", str(behind))
    for each in behind.iterdir():
        if each.is_dir() and each.name != "class":
            (sys_of_root / each.name).mkdir(exist_ok=True)
            _run("mount", "--rbind", str(each), str(sys_of_root / each.name))
    for each in (behind / "class").iterdir():
        if each.name != "leds":
            (sys_of_root / "class" / each.name).mkdir(parents=True, exist_ok=True)
            _run("mount", "--bind", str(each), str(sys_of_root / "class" / each.name))
    for radio in ("phy0", "phy1"):
        (sys_of_root / "class/ieee80211").mkdir(exist_ok=True)
        (sys_of_root / "class/ieee80211" / radio).symlink_to(f"../../devices/{PATH_OF_RADIOS}/ieee80211/{radio}")
    for lamp in LAMPS:
        folder = sys_of_root / "class/leds" / lamp
        folder.mkdir(parents=True, exist_ok=True)
        for name, text in {"brightness": "1", "max_brightness": "1", "trigger": "[none] timer netdev"}.items():
            (folder / name).write_text(f"{text}\n")


def _interpreter(root: Path) -> None:
    """The program behind sys.executable, by all of its names."""
    name = Path(sys.executable)
    while name.is_symlink():
        there = root / str(name).lstrip("/")
        if not there.is_symlink():
            there.parent.mkdir(parents=True, exist_ok=True)
            there.symlink_to(os.readlink(name))
        name = name.parent / os.readlink(name)
    there = root / str(name).lstrip("/")
    if not there.exists():
        there.parent.mkdir(parents=True, exist_ok=True)
        there.touch(mode=0o755)
        _run("mount", "--bind", str(name), str(there))


def _bind(place: Path, root: Path) -> None:
    there = root / str(place).lstrip("/")
    there.mkdir(parents=True, exist_ok=True)
    _run("mount", "--rbind", str(place), str(there))


def _run(*command: str) -> None:
    subprocess.run(command, check=True)


if __name__ == "__main__":
    main(sys.argv[1:])
