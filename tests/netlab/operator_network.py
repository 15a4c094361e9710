"""A device with a subscriber's WAN and a management interface; behind the latter an operator's router, DNS and ACS."""

import subprocess
from collections.abc import Callable
from pathlib import Path
from types import TracebackType
from typing import Self

from tests.netlab.namespace import Namespace, veth
from tests.waiting import PATIENCE, until

OWN, ROUTER, ACS, NAME = "10.9.0.2", "10.9.0.1", "198.51.100.10", "acs.operator.test"
SUBSCRIBER, PROVIDER = "203.0.113.5", "203.0.113.1"


class OperatorNetwork:
    """``device`` has ``wan`` with the default route, and ``mgmt`` with one that comes second; the name server that
    knows the ACS answers at ``ROUTER`` alone.
    """

    def __init__(self, make_namespace: Callable[[], Namespace], folder: Path) -> None:
        self.device, self.operator, self.provider = (make_namespace() for _ in range(3))
        self._log = folder / "dnsmasq.log"
        for space in (self.device, self.operator, self.provider):
            space.ip("link set lo up")
        veth(self.device, "mgmt", self.operator, "cpe")
        veth(self.device, "wan", self.provider, "sub")
        self.operator.ip(f"address add {ROUTER}/24 dev cpe")
        self.operator.ip(f"address add {ACS}/32 dev lo")
        self.provider.ip(f"address add {PROVIDER}/24 dev sub")
        self.device.ip(f"address add {OWN}/24 dev mgmt")
        self.device.ip(f"address add {SUBSCRIBER}/24 dev wan")
        self.device.ip(f"route add default via {PROVIDER} dev wan")
        self.device.ip(f"route add default via {ROUTER} dev mgmt metric 500")

    def __enter__(self) -> Self:
        command = ["dnsmasq", "--keep-in-foreground", "--conf-file=/dev/null", "--no-resolv", "--no-hosts",
                   f"--listen-address={ROUTER}", "--bind-interfaces", "--pid-file", "--user=root", "--log-queries",
                   f"--log-facility={self._log}", f"--address=/{NAME}/{ACS}"]  # fmt: skip
        self._log.touch()
        self._server = subprocess.Popen(self.operator.command(*command))
        until(lambda: "started" in self.questions(), "dnsmasq does not start")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.terminate()
        self._server.wait(PATIENCE)

    def questions(self) -> str:
        """What the operator's name server was asked, as it says."""
        return self._log.read_text()
