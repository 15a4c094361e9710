"""Real DHCP clients, set up by the agent's own verb, bring what a real server offers to the agent's socket."""

import os
import queue
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from agent.cli.main import run
from agent.discovery.handed_over import NotUsable, read
from agent.discovery.offer import Neighbour, Offer, Source
from agent.runtime.control import Answer, ControlServer
from tests.netlab.fixtures import lab, make_namespace
from tests.netlab.isp import DhcpServer, serving, until
from tests.netlab.namespace import Namespace, veth

__all__ = ["lab", "make_namespace"]

pytestmark = pytest.mark.slow

PROJECT = Path(__file__).parents[2]
PACKAGES = {
    "busybox": "busybox-static",
    "dhcpcd": "dhcpcd-base",
    "dhclient": "isc-dhcp-client",
    "dnsmasq": "dnsmasq-base",
}
MOUNTED = ("etc", "run", "var/lib/dhcp", "var/lib/dhcpcd", "usr/lib/dhcpcd/dhcpcd-hooks", "usr/local/bin")
NETIF = ("run/systemd/netif", "run/systemd/netif/leases", "run/systemd/netif/links", "run/systemd/netif/lldp")
URL = b"https://acs.example.net/"
SUB = ((1, URL), (2, b"prov-A"), (3, b"30"), (4, b"2500"))
GATEWAY = ((4, b"00AABB"), (5, b"G-1"), (6, b"Box"))
FORUM = bytes.fromhex("00000de9")


def colons(content: bytes) -> str:
    return content.hex(":")


def four(parts: tuple[tuple[int, bytes], ...], more: int = 0) -> bytes:
    return b"".join(bytes((code + more, len(value))) + value for code, value in parts)


OPTION43 = four(SUB)
BODY125 = four(GATEWAY) + four(SUB, 10)
OPTION125 = bytes.fromhex("00000009026869") + FORUM + bytes((len(BODY125),)) + BODY125
OPTION17 = FORUM + b"".join(code.to_bytes(2, "big") + len(value).to_bytes(2, "big") + value for code, value in SUB)
OFFER = Offer(Source.DHCPV4, "", "c0", URL.decode(), None, None, "prov-A", 30, 2500)
SHOWN = "vendor class: dslforum.org"
NEIGHBOUR = Neighbour("00AABB", "G-1", "Box")


class House:
    """A gateway's namespace with files of its own in /etc, /run and where clients keep their leases; its WAN is c0."""

    server: DhcpServer

    def __init__(self, space: Namespace, folder: Path) -> None:
        self.space, self.folder = space, folder
        self.events: queue.SimpleQueue[dict[str, Any]] = queue.SimpleQueue()
        for name in (*MOUNTED, "run/cpe-agent", "etc/dhcp", "etc/udhcpc", "etc/systemd/network", *NETIF):
            (folder / name).mkdir(parents=True, exist_ok=True)
        for name in ("passwd", "group", "nsswitch.conf", "ld.so.cache", "hosts", "alternatives"):
            there = Path("/etc", name)
            if there.is_dir():
                shutil.copytree(there, folder / "etc" / name, symlinks=True)
            elif there.exists():
                shutil.copy(there, folder / "etc" / name)
        (folder / "etc/dhcp/dhclient.conf").write_text("request subnet-mask, routers, dhcp6.name-servers;\n")
        (folder / "etc/dhcpcd.conf").write_text("duid\nvendorclassid\nnoarp\nnodelay\n")
        (folder / "etc/systemd/network/10-c0.network").write_text("[Match]\nName=c0\n[Network]\nDHCP=ipv4\n")
        (folder / "etc/udhcpc/default.script").write_text(
            '#!/bin/sh\n[ "$1" = bound ] && ip addr add "$ip/24" dev "$interface"\n'
        )
        (folder / "etc/udhcpc/default.script").chmod(0o755)
        passwd = folder / "etc/passwd"  # without its user dhcpcd is one process, which leaves no other behind
        lines = passwd.read_text().splitlines(keepends=True)
        passwd.write_text("".join(line for line in lines if not line.startswith("dhcpcd:")))
        (folder / "etc/machine-id").write_text("0123456789abcdef0123456789abcdef\n")
        agent = folder / "usr/local/bin/cpe-agent"
        agent.write_text(f'#!/bin/sh\nPYTHONPATH={PROJECT} exec {sys.executable} -m agent "$@"\n')
        agent.chmod(0o755)
        assert run(["setup", "--dhcp-hooks", "--root", str(folder)]) == 0
        for name in MOUNTED:
            if Path("/", name).is_dir():
                space.run("mount", "--bind", str(folder / name), f"/{name}")
        self._server = ControlServer(folder / "run/cpe-agent/control.sock", self._ask)
        self._server.start()

    def _ask(self, verb: str, arguments: dict[str, Any], answer: Answer) -> None:
        self.events.put(arguments["event"])
        answer({"accepted": True, "why": verb})

    @contextmanager
    def client(self, *command: str) -> Iterator[None]:
        """A DHCP client at work."""
        with open(self.folder / "client.log", "w") as log:
            process = subprocess.Popen(self.space.command(*command), stdout=log, stderr=subprocess.STDOUT)
            try:
                yield
            finally:
                process.terminate()
                try:
                    process.wait(10)
                except subprocess.TimeoutExpired:
                    process.kill()
                    process.wait(10)

    def offer(self, seconds: float = 40) -> Offer:
        """The first offer that an event tells."""
        said = []
        while True:
            try:
                event = self.events.get(timeout=seconds)
            except queue.Empty:
                log = (self.folder / "client.log").read_text(errors="replace")
                raise AssertionError(f"no offer, only {said}; {log[-2000:]}") from None
            said.append(event)
            try:
                handed = read(event)
            except NotUsable:
                continue
            if handed.offer is not None:
                assert handed.is_bound
                return handed.offer

    def close(self) -> None:
        self._server.stop()


@pytest.fixture
def house(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[House]:
    missing = [
        package
        for name, package in PACKAGES.items()
        if shutil.which(name, path="/usr/sbin:/usr/bin:/sbin:/bin") is None
    ]
    if missing or os.geteuid() != 0:
        pytest.skip(f"needs root and the packages {', '.join(missing)}")
    home, isp = make_namespace(), make_namespace()
    veth(isp, "s0", home, "c0")
    isp.ip("addr add 192.0.2.1/24 dev s0")
    isp.ip("addr add 2001:db8:1::1/64 dev s0 nodad")
    home.ip("link set lo up")
    (tmp_path / "isp").mkdir()
    server = DhcpServer(
        isp, tmp_path / "isp", "--dhcp-range=192.0.2.50,192.0.2.99,255.255.255.0,120", "--enable-ra",
        "--dhcp-range=2001:db8:1::100,2001:db8:1::1ff,64,120", "--dhcp-option=option:router,192.0.2.1",
        f"--dhcp-option=43,{colons(OPTION43)}", f"--dhcp-option=125,{colons(OPTION125)}",
        f"--dhcp-option=option6:17,{colons(OPTION17)}",
    )  # fmt: skip
    made = House(home, tmp_path / "house")
    made.server = server
    with serving(server):
        yield made
    made.close()


def test_udhcpc_brings_the_offer_by_the_wrapper_of_its_script(house: House) -> None:
    words = ("-s", "/etc/udhcpc/cpe-agent.script", "-O", "43", "-O", "125", "-V", "dslforum.org")
    with house.client("busybox", "udhcpc", "-f", "-i", "c0", *words):
        assert house.offer() == OFFER._replace(told_by="udhcpc", neighbour=NEIGHBOUR)
    assert SHOWN in house.server.log()
    assert "192.0.2." in house.space.ip("addr show dev c0")


def test_dhclient_brings_the_offer_by_its_exit_hook(house: House) -> None:
    with house.client("dhclient", "-4", "-d", "-v", "c0"):
        assert house.offer() == OFFER._replace(told_by="dhclient", neighbour=NEIGHBOUR)
    assert SHOWN in house.server.log()


def test_dhclient_brings_the_offer_of_dhcpv6(house: House) -> None:
    until(lambda: "tentative" not in house.space.ip("-6 addr show dev c0"), "a link-local address", 20)
    with house.client("dhclient", "-6", "-d", "-v", "c0"):
        assert house.offer() == OFFER._replace(source=Source.DHCPV6, told_by="dhclient")


def test_dhcpcd_brings_the_offers_of_both_families_by_its_hook(house: House) -> None:
    with house.client("dhcpcd", "-B", "c0"):
        offers = {offer.source: offer for offer in (house.offer(), house.offer())}
    assert SHOWN in house.server.log()
    assert "vendor class: 3561" in house.server.log()  # by DHCPv6
    assert offers == {
        Source.DHCPV4: OFFER._replace(told_by="dhcpcd", neighbour=NEIGHBOUR),
        Source.DHCPV6: OFFER._replace(source=Source.DHCPV6, told_by="dhcpcd"),
    }


WATCHED = """
import json, queue, sys, threading
from pathlib import Path
from backends.dhcp_sources import LeaseFiles
told, stop = queue.SimpleQueue(), threading.Event()
thread = threading.Thread(target=LeaseFiles(Path("/run/systemd/netif/leases"), None).watch, args=(told.put, stop))
thread.start()
try:
    print(json.dumps(told.get(timeout=25)))
finally:
    stop.set()
    thread.join()
"""


def test_networkd_leaves_the_offer_in_its_lease_file(house: House) -> None:
    networkd = Path("/lib/systemd/systemd-networkd")
    if not networkd.exists():
        pytest.skip("needs systemd-networkd (package systemd)")
    for name in NETIF:
        shutil.chown(house.folder / name, "systemd-network", "systemd-network")
    house.space.run("mount", "-o", "remount,ro,bind", "/sys")  # or it waits for udev
    with house.client("env", "SYSTEMD_LOG_LEVEL=debug", str(networkd)):
        handed = read(house.space.python(WATCHED))
    assert handed.offer == OFFER._replace(told_by="networkd")
    assert SHOWN in house.server.log()
