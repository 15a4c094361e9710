"""A gateway with two ports, c0 to a provider and l0 to a house, whose neighbours there may speak RIP; BIRD is real."""

import json
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from agent.model.own_values import OwnValues
from backends.bird import Bird
from backends.netlink import RouteTo
from backends.rip import Ground, RipService
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.rip import RIP, RipTables, rip
from backends.tr181.routing import routing
from backends.tr181.staging import LinuxNetwork
from tests.backends.device import NamespaceSettings
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.netlab.namespace import Namespace, veth
from tests.netlab.rip_speaker import RipSpeaker

SETTING = f"{RIP}InterfaceSetting."


class RipGateway:
    """The cables, and the parts of the gateway."""

    def __init__(self, home: Namespace, others: Namespace, folder: Path) -> None:
        self.home, self.others, self.folder = home, others, folder
        for far, here, network in (("s0", "c0", "192.0.2"), ("h0", "l0", "10.1.0")):
            veth(others, far, home, here)
            others.ip(f"addr add {network}.1/24 dev {far}")
            home.ip(f"addr add {network}.2/24 dev {here}")
        home.ip("link set lo up")
        self.procfs = NamespaceSettings(home)
        self.netlink = home.netlink()
        self.bird = Bird(folder / "rip", home.command())
        self.path: RouteTo | None = None
        self.blocker: str | None = None
        self._speakers: list[RipSpeaker] = []

    def device(self, manage: Sequence[str] = ("c0", "l0"), store: Documents | None = None) -> SmallDevice:
        """The agent's model over the gateway; with the store of another, the agent after a restart."""
        network = LinuxNetwork(self.netlink, self.procfs, manage, lambda: self.path)
        links = Links(network)
        self.bird = Bird(self.folder / "rip", self.home.command())
        ground = Ground(links.link_of, links.may_change, lambda: self.path, lambda _port, _link: self.blocker)
        self.tables = RipTables(RipService(self.bird, self.netlink, ground))
        nothing: Any = None
        mechanisms = Mechanisms(
            self.netlink, nothing, self.procfs, Sysfs("/nonexistent"), nothing, network, OwnValues({}, {}),
            links=links, rip=self.tables,
        )  # fmt: skip
        declare: Sequence[Callable[[Mechanisms], list[Any]]] = (ethernet, ip, routing, rip)
        objects = [one for each in declare for one in each(mechanisms)]
        device = SmallDevice(
            objects,
            backends=(network, self.tables),
            store=store,
            forget=(self.netlink.forget, self.tables.rip.forget),
        )
        self.tables.apply_at_start()
        return device

    def setting(self, device: SmallDevice, link: str, **values: str) -> str:
        """A row for a link, enabled; its path."""
        row = device.find("Device.IP.Interface.", Name=link).removesuffix(".")
        return device.add(SETTING, **{"Interface": row, "Enable": "1", **values})

    def neighbour(self, link: str, *routes: str) -> RipSpeaker:
        """Somebody at the other end of c0 or l0 who announces these."""
        far, address = {"c0": ("s0", "192.0.2.1"), "l0": ("h0", "10.1.0.1")}[link]
        self._speakers.append(RipSpeaker(self.others, far, address, self.folder, routes))
        return self._speakers[-1]

    def routes(self) -> dict[str, dict[str, Any]]:
        """What BIRD made in the main table, by destination, as ``ip`` tells it."""
        return {one["dst"]: one for one in json.loads(self.home.ip("-j route")) if one.get("protocol") == "bird"}

    def close(self) -> None:
        """End what runs."""
        for one in self._speakers:
            one.close()
        self.bird.program.stop()
        self.procfs.close()


@pytest.fixture
def gateway(make_namespace: Callable[[], Namespace], tmp_path: Path) -> Iterator[RipGateway]:
    if shutil.which("bird", path="/usr/sbin:/usr/bin:/sbin") is None:
        pytest.skip("needs bird (package bird2)")
    made = RipGateway(make_namespace(), make_namespace(), tmp_path)
    yield made
    made.close()
