"""A provider's network with a real dnsmasq and an ACS, and a device with a real udhcpc that has heard of neither."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.durability.stand import PROJECT, Agent, Stand
from tests.netlab.isp import DhcpServer
from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

ISP = "192.0.2.1"
HOOK = """#!/bin/sh
read -r now _ < /proc/uptime
echo "$1 at $now" >> {log}
case "$1" in
    deconfig) ip address flush dev "$interface"; ip link set "$interface" up ;;
    bound | renew)
        ip address replace "$ip/$mask" dev "$interface"
        for one in $router; do ip route replace default via "$one" dev "$interface" metric {metric}; done ;;
esac
PYTHONPATH={project} exec {python} -m agent dhcp-event --client udhcpc --socket {socket} "$1" >> {log} 2>&1
"""
REQUEST = ("-V", "dslforum.org", "-O", "43", "-O", "125", "-t", "20", "-T", "1")


def option43(url: str, code: str = "", wait: str = "", multiplier: str = "") -> str:
    """dnsmasq's words for sub-options 1 to 4."""
    parts = [(1, url), (2, code), (3, wait), (4, multiplier)]
    said = b"".join(bytes((tag, len(text))) + text.encode() for tag, text in parts if text)
    return f"--dhcp-option-force=43,{said.hex(':')}"


class Provider:
    """A DHCP server that can be told to say something else: it starts anew, and clients hear it when they renew."""

    def __init__(self, space: Namespace, folder: Path, net: str = "192.0.2", gives_route: bool = True) -> None:
        folder.mkdir()
        self._common = ["--no-ping", f"--dhcp-range={net}.50,{net}.90,120"]
        self._common += [f"--dhcp-option=option:router{f',{net}.1' if gives_route else ''}"]
        self._space, self._folder = space, folder
        self.server: DhcpServer | None = None

    def says(self, *options: str) -> None:
        """Serve, with these options."""
        self.stop()
        self.server = DhcpServer(self._space, self._folder, *self._common, *options)
        self.server.start()

    def stop(self) -> None:
        """Answer nobody."""
        if self.server is not None:
            self.server.stop()


class Client:
    """A udhcpc on a link of the device; ``renew`` and ``release`` are its own signals."""

    def __init__(self, stand: Stand, link: str, metric: int = 0) -> None:
        assert stand.namespace is not None
        self.log = stand.directory / f"udhcpc-{link}.log"
        self.log.touch()
        hook = stand.directory / f"hook-{link}"
        socket = stand.state / "control.sock"
        text = HOOK.format(metric=metric, project=PROJECT, python=sys.executable, socket=socket, log=self.log)
        hook.write_text(text)
        hook.chmod(0o755)
        command = ["busybox", "udhcpc", "-f", "-R", "-i", link, "-s", str(hook), *REQUEST]
        with self.log.open("ab") as log:
            self._process = subprocess.Popen(
                stand.namespace.command(*command), stdout=log, stderr=log, env=os.environ.copy()
            )

    def told(self) -> int:
        """How many events were handed to the agent, or left for it."""
        return sum(line.startswith(("told:", "left:")) for line in self.log.read_text().splitlines())

    def renew(self) -> None:
        """Ask again, and wait until the agent has heard of it."""
        before = self.told()
        os.kill(self._process.pid, 10)
        until(lambda: self.told() > before, self.log.read_text)

    def release(self) -> None:
        """Give the lease back."""
        before = self.told()
        os.kill(self._process.pid, 12)
        until(lambda: self.told() > before, self.log.read_text)

    def close(self) -> None:
        """End it at once; it has no child but the hook, which ends by itself."""
        self._process.kill()
        self._process.wait(PATIENCE)


class Home:
    """The device, its provider and whoever else is on its links."""

    def __init__(self, stand: Stand, device: Namespace, provider: Provider) -> None:
        self.stand, self.device, self.provider = stand, device, provider
        self.clients: list[Client] = []

    @property
    def acs(self) -> str:
        """The URL of the ACS that is there."""
        return self.stand.acs.url

    def client(self, link: str = "wan", metric: int = 0) -> Client:
        """Start a DHCP client."""
        self.clients.append(Client(self.stand, link, metric))
        return self.clients[-1]

    def first_contact(self) -> tuple[Agent, Client]:
        """From nothing to the end of the BOOTSTRAP session; retries come soon."""
        self.provider.says(option43(self.acs, "P-1", "1", "1000"))
        agent, client = self.stand.start(), self.client()
        self.stand.acs.wait_for_inform("0 BOOTSTRAP", timeout=PATIENCE)
        self.stand.acs.wait_for_session_end(timeout=PATIENCE)
        until(lambda: agent.ask("discover")["remembered_host"])
        return agent, client


@contextmanager
def at_home(make: Callable[[], Namespace], folder: Path, more: str = "") -> Iterator[Home]:
    """The device in one namespace, the provider and the ACS in another; the settings file names no ACS."""
    device, isp = make(), make()
    for one in (device, isp):
        one.ip("link set lo up")
    veth(device, "wan", isp, "s0")
    isp.ip(f"address add {ISP}/24 dev s0")
    stand = Stand(folder, namespace=device, host=ISP, acs_namespace=isp)
    stand.configure("", f"[discovery]\nallow_http = true\n{more}")
    home = Home(stand, device, Provider(isp, folder / "isp"))
    try:
        with stand:
            yield home
    finally:
        for client in home.clients:
            client.close()
        home.provider.stop()
