"""The daemon as it is shipped, on a gateway of namespaces, with the lab ACS at its side."""

import json
import os
import re
import signal
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any, Self

import pytest

from agent.lab.records import Rpc
from backends.programs import Program
from backends.tr181.lan_tables import LOOK
from tests.durability.stand import Agent, Stand
from tests.netlab.gateway import HOST, INSIDE, STRANGER, Gateway
from tests.netlab.namespace import Namespace
from tests.waiting import PATIENCE, until

MAPPINGS, ROUTES = "Device.NAT.PortMapping.", "Device.Routing.Router.1.IPv4Forwarding."
POOLS, SHAPERS = "Device.DHCPv4.Server.Pool.", "Device.QoS.Shaper."
VOLATILE = re.compile(r'"(?:valid|preferred)_life_time": ?\d+,?')
SETTLED = 0.4
"""Seconds without work after which nothing more comes."""
ACCIDENTAL = {".log", ".pid", ".running", ".xml"}
"""What a program of ours leaves beside the files that were written for it."""


class WholeGateway:
    """``router`` has wan0 and lan0; the agent manages them, and links like ``also``. What it started ends with it."""

    def __init__(
        self, directory: Path, make_namespace: Callable[[], Namespace], also: Sequence[str] = (), **more: Any
    ) -> None:
        self.places = Gateway(make_namespace)
        self.router = self.places.router
        self.stand = Stand(directory, namespace=self.router, manage=["wan0", "lan0", *also], **more)
        self.agent: Agent

    def __enter__(self) -> Self:
        self.agent = self.stand.first_contact()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stand.__exit__(kind, error, trace)
        for known in self.stand.state.glob("**/*.pid"):
            Program(known.stem, known.parent).stop()
        for process in [*self.processes("dnsmasq"), *self.processes("hostapd")]:
            os.kill(process, signal.SIGKILL)  # one that the agent lost would outlive the test that found that
        print(*self.stand.log_lines()[-60:], sep="\n")  # pytest shows it where a test failed

    def add(self, table: str) -> str:
        """The path of a new row."""
        return f"{table}{self.agent.ask('add', path=table)['instance']}."

    def interface(self, link: str) -> str:
        """The IP interface over a link, as a reference."""
        names = self.agent.values("Device.IP.Interface.*.Name")
        return next(path for path, name in names.items() if name == link).removesuffix(".Name")

    def set(self, values: Mapping[str, Any]) -> Rpc:
        """SetParameterValues by the ACS; a fault is an answer too."""
        return self.stand.rpc(self.agent, "SetParameterValues", parameters=dict(values))

    def quiet(self) -> None:
        """Wait until what the last change brought about is over: no session, and the agent sleeps."""
        until(lambda: self.agent.ask("status")["acs"]["state"] != "in session")
        ticks, since = self._ticks(), time.monotonic()
        while time.monotonic() - since < SETTLED:
            time.sleep(0.05)
            if self._ticks() != ticks:
                ticks, since = self._ticks(), time.monotonic()

    def _ticks(self) -> str:
        words = Path(f"/proc/{self.agent.pid}/stat").read_text().rpartition(")")[2].split()
        return " ".join(words[11:13])  # utime and stime, proc(5)

    def processes(self, program: str) -> list[int]:
        """Those that run with a file of this gateway's, known to the agent or not."""
        found = []
        for place in Path("/proc").glob("[0-9]*"):
            with suppress(OSError):
                words = (place / "cmdline").read_bytes().decode(errors="replace").split("\0")
                if words[0].endswith(program) and any(str(self.stand.state) in word for word in words):
                    found.append(int(place.name))
        return found

    def system(self) -> dict[str, Any]:
        """All that a change may leave in the kernel, in files of ours, in daemons of ours and in the saved document."""
        run = self.router.run
        services = self.stand.state / "services"
        files = [path for path in services.glob("**/*") if path.is_file() and path.suffix not in ACCIDENTAL]
        running = [Program(known.stem, known.parent) for known in services.glob("**/*.pid")]
        return {
            "nft": run("nft", "-s", "list", "ruleset"),
            "routes": run("ip", "-j", "route", "show", "table", "all"),
            "routes6": run("ip", "-j", "-6", "route", "show", "table", "all"),
            "rules": run("ip", "-j", "rule"),
            "addresses": VOLATILE.sub("", run("ip", "-j", "address")),
            "queues": run("tc", "qdisc"),
            "classes": run("tc", "class", "show", "dev", "wan0"),
            "files": {str(path.relative_to(services)): path.read_bytes() for path in files},
            "running": {one.name: one.started_with() for one in running if one.is_running()},
            "document": json.loads((self.stand.state / "model.json").read_text()),
        }


@pytest.fixture
def gateway(tmp_path: Path, make_namespace: Callable[[], Namespace]) -> Iterator[WholeGateway]:
    """A gateway whose agent runs. Skips for who may not have one."""
    try:
        made = WholeGateway(tmp_path, make_namespace)
    except OSError as refused:
        pytest.skip(f"only root may enter a network namespace: {refused}")
    with made:
        yield made


def is_traced(pid: int) -> bool:
    """Whether somebody traces every thread of a process; threads may come and go meanwhile."""
    try:
        return all("TracerPid:\t0\n" not in (one / "status").read_text() for one in Path(f"/proc/{pid}/task").iterdir())
    except FileNotFoundError:
        return False


class Traced:
    """strace on all threads of an agent that runs, and on what they start, for the length of a ``with``."""

    def __init__(self, pid: int, calls: str) -> None:
        self._said = tempfile.NamedTemporaryFile(prefix="strace-")  # noqa: SIM115 - read after the with, then collected
        command = ["strace", "-f", "-q", "-s", "256", "-o", self._said.name, "-e", f"trace={calls}", "-p", str(pid)]
        self._process = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        until(lambda: is_traced(pid))

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._process.send_signal(signal.SIGINT)
        self._process.wait(PATIENCE)

    def lines(self, *words: str) -> list[str]:
        """The calls that have one of the words."""
        told = Path(self._said.name).read_text(errors="replace").splitlines()
        return [line for line in told if any(word in line for word in words)]


class Crossing:
    """One change of four mechanisms: a port mapping, a route, a DHCP pool and a shaper; their rows are there before."""

    daemon = "dnsmasq"
    """The program that runs while the change holds."""

    def __init__(self, gateway: WholeGateway) -> None:
        self.gateway = gateway
        self.mapping, self.route = gateway.add(MAPPINGS), gateway.add(ROUTES)
        self.pool, self.shaper = gateway.add(POOLS), gateway.add(SHAPERS)
        wan, lan = gateway.interface("wan0"), gateway.interface("lan0")
        self.values = {
            f"{self.mapping}Interface": wan,
            f"{self.mapping}InternalClient": HOST,
            f"{self.mapping}ExternalPort": "8080",
            f"{self.mapping}InternalPort": "80",
            f"{self.mapping}Protocol": "TCP",
            f"{self.mapping}Enable": "true",
            f"{self.route}DestIPAddress": "198.18.0.0",
            f"{self.route}DestSubnetMask": "255.255.0.0",
            f"{self.route}GatewayIPAddress": STRANGER,
            f"{self.route}Interface": wan,
            f"{self.route}Enable": "true",
            "Device.DHCPv4.Server.Enable": "true",
            f"{self.pool}Interface": lan,
            f"{self.pool}MinAddress": "192.168.1.50",
            f"{self.pool}MaxAddress": "192.168.1.99",
            f"{self.pool}SubnetMask": "255.255.255.0",
            f"{self.pool}IPRouters": INSIDE,
            f"{self.pool}Enable": "true",
            f"{self.shaper}Interface": wan,
            f"{self.shaper}ShapingRate": "4000000",
            f"{self.shaper}Enable": "true",
        }

    def set(self, values: Mapping[str, str]) -> None:
        """Change it by a person's wish; client.Failure when it is refused."""
        self.gateway.agent.ask("set", values=dict(values))

    def shown(self) -> dict[str, str]:
        """What the model says of them."""
        return self.gateway.agent.values(*self.values)

    def made(self) -> dict[str, bool]:
        """Which of them the system has."""
        run = self.gateway.router.run
        return {
            "mapping": f"dnat ip to {HOST}:80" in run("nft", "list", "ruleset"),
            "route": "198.18.0.0/16" in run("ip", "route"),
            "pool": bool(self.gateway.processes("dnsmasq")),
            "shaper": "htb" in run("tc", "qdisc", "show", "dev", "wan0"),
        }

    def holds(self) -> bool:
        """Whether all are in the system, False when none is; TimeoutError for half a change.

        A daemon that was killed is missed at the next look, and started again.
        """
        made = self.made
        until(lambda: len(set(made().values())) == 1, lambda: f"half a change: {made()}", LOOK + PATIENCE)
        return self.made()["route"]
