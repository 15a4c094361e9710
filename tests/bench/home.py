"""A home router with OpenWrt in a network namespace of its own: the whole tree, what it costs, and what is covered.

python -m tests.bench.home                 prints its figures as JSON; the bench runs it in new namespaces
python -m tests.bench.home --report        what the tests want to know of it
"""

import json
import os
import shutil
import socket
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any, Final

from agent.cli import client
from tests.bench.forks import forks_of
from tests.bench.stage import Stage
from tests.openwrt.home_router import HomeRouter, at_home

SESSIONS: Final = 100
PROCESSES: Final = 40
PROCESS: Final = "Device.DeviceInfo.ProcessStatus.Process."
IMPORTS: Final = "requests, lxml.etree, pyroute2, netifaces, serial"
LOADED: Final = "import time:"
ALONE: Final = ("--net", "--pid", "--fork", "--mount-proc")
"""The processes as well: those of this machine are not the router's."""

Values = dict[str, str]


class Home:
    """The router and the stage on which it is asked."""

    def __init__(self, router: HomeRouter, live: Stage) -> None:
        self.router = router
        self.live = live

    def values(self, path: str = "Device.") -> tuple[Values, float]:
        """What the ACS reads below a path, and in how many seconds."""
        rpc = self.live.done("GetParameterValues", names=[path])
        assert rpc.result is not None
        assert rpc.seconds is not None
        return {one["path"]: str(one["value"]) for one in rpc.result["parameters"]}, rpc.seconds

    def ask(self, verb: str, **arguments: Any) -> Mapping[str, Any]:
        """The agent's answer over its control socket."""
        options = type("Options", (), {"socket": str(self.live.state / "control.sock"), "config": None})()
        return client.ask(options, verb, **arguments)

    def most_asked(self) -> int:
        """How often one question is asked of the bus while the whole tree is read, over what a session needs anyway.

        The least of three: what is looked after every half minute may fall into a session.
        """
        return min(self._most_asked() for _ in range(3))

    def _most_asked(self) -> int:
        asked: list[Counter[Any]] = []
        for path in ("Device.DeviceInfo.UpTime", "Device."):
            before = self.router.bus.asked.copy()
            self.values(path)
            asked.append(self.router.bus.asked - before)
        return max((asked[1] - asked[0]).values(), default=0)

    def forks(self) -> list[str]:
        """What is forked for the whole tree, in the best of three; see most_asked."""
        return min((self._forks() for _ in range(3)), key=len)

    def _forks(self) -> list[str]:
        with forks_of(self.live.agent.pid) as made:
            self.values()
        return made

    def configuration(self) -> dict[str, str]:
        """The text of every package."""
        return {path.name: path.read_text() for path in (self.router.root / "etc/config").iterdir()}

    def log(self) -> list[str]:
        """What the agent has logged."""
        return self.live.state.with_name("agent.log").read_text().splitlines()


@contextmanager
def home(more: str = "") -> Iterator[Home]:
    """The router at work, with as many processes as one has."""
    if len(socket.if_nameindex()) > 1:
        sys.exit("a network namespace of its own is needed: `make bench ARGS=home` makes one")
    script = f"import os, signal\nfor _ in range({PROCESSES}):\n    if not os.fork(): break\nsignal.pause()\n"
    with subprocess.Popen([sys.executable, "-S", "-c", script], start_new_session=True) as processes:
        try:
            with at_home(more) as (router, live):
                yield Home(router, live)
        finally:
            os.killpg(processes.pid, 9)


def figures() -> Iterator[tuple[str, float, str, float]]:
    """Name, value, unit and target of each."""
    with home() as found:
        found.values()  # what is loaded at its first use
        best = min(found.values()[1] for _ in range(5))
        count = len(found.values()[0])
        yield f"OpenWrt: full tree of a home router ({count} parameters)", best, "s", 0.15
        yield "questions of one kind to its bus for it", float(found.most_asked()), "", 1
        if shutil.which("strace"):
            yield "forks during it", float(len(found.forks())), "", 0
    with home() as found:
        for _ in range(SESSIONS):
            found.live.inform()
        resident = found.live.memory("VmRSS")
    above = (resident - memory_of(IMPORTS)) / 1024
    yield "OpenWrt: resident memory after 100 sessions above the imports' own", above, "MB", 8


def memory_of(names: str) -> int:
    """Resident kB of a Python that has imported these."""
    script = f"import {names}\nprint(next(l.split()[1] for l in open('/proc/self/status') if l.startswith('VmRSS')))"
    return int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)


def report() -> dict[str, Any]:
    """What the tests want to know."""
    os.environ["PYTHONPROFILEIMPORTTIME"] = "1"  # each import is logged
    with home() as found:
        before = found.configuration()
        values, _ = found.values()
        return {
            "values": values,
            "forks": found.forks() if shutil.which("strace") else None,
            "most asked": found.most_asked(),
            "asked": sorted({f"{name} {method}" for name, method, _ in found.router.bus.asked}),
            "told": found.router.bus.told,
            "written": sorted(name for name, text in found.configuration().items() if before[name] != text),
            "modules": sorted({line.rpartition("|")[2].strip() for line in found.log() if line.startswith(LOADED)}),
            "coverage": found.ask("coverage"),
            "log": [line for line in found.log() if " WARNING " in line or " ERROR " in line or "Traceback" in line],
        }


def main(arguments: list[str]) -> int:
    """Measure, or report, and print it as JSON."""
    print(json.dumps(report() if "--report" in arguments else list(figures())))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
