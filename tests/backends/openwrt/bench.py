"""A router with OpenWrt's configuration in a directory, links in memory and one service, as an ACS sees it."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.model.object import Object
from agent.model.own_values import OwnValues
from backends.netlink_types import Route
from backends.openwrt.reloads import Reloads
from backends.sysfs import Sysfs
from backends.tr181.ethernet import ethernet
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.openwrt_lan import Surface
from backends.tr181.parts import Part
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from backends.ubus import Bus
from backends.uci import FileUci, Places
from tests.backends.device import KernelSettings
from tests.backends.openwrt.router import NETWORK, Told, kernel
from tests.backends.small_device import SmallDevice
from tests.fakes.documents import Documents
from tests.fakes.netlink import FakeNetlink

FOLDERS = ("tmp", "var/run", "var/log", "usr/sbin", "usr/share/ddns/default", "usr/share/ddns/custom", "usr/lib/sqm")


class OneService(SmallDevice):
    """``build`` makes the service's part, ``declare`` its objects; ``packages`` are texts by name; ``programs`` those
    that are installed; ``told`` is what services were told.
    """

    def __init__(
        self,
        directory: Path,
        build: Callable[[Mechanisms, Surface], Part | None],
        declare: Sequence[Callable[[Mechanisms], Sequence[Object[Any]]]],
        packages: Mapping[str, str],
        *,
        programs: Sequence[str] = (),
        bus: Path | None = None,
        manage: tuple[str, ...] = ("*",),
        store: Documents | None = None,
        **given: Any,
    ) -> None:
        self.directory, self.places = directory, Places.under(directory)
        self._again = (build, declare, packages, {"programs": programs, "bus": bus, "manage": manage, **given})
        for folder in (self.places.config, self.places.staged, *(directory / one for one in FOLDERS)):
            folder.mkdir(parents=True, exist_ok=True)
        if store is None:
            for name, text in {"network": NETWORK, **packages}.items():
                self.write(name, text)
        for program in programs:
            (directory / "usr/sbin" / program).touch()
        self.kernel = kernel("br-lan", "192.168.1.1/24")
        self.kernel.routes.append(Route(4, "", "198.51.100.1", "wan"))
        self.netlink = FakeNetlink(self.kernel)
        procfs = KernelSettings(self.kernel)
        network = LinuxNetwork(self.netlink, procfs, manage, lambda: None)
        nothing: Any = None
        own = OwnValues({}, {})
        at = bus or directory / "no-bus"
        self.uci, self.told = FileUci(self.places), Told()
        self.reloads = Reloads(Bus(at), self.told)
        self.processes: list[Any] = []
        mechanisms: Any = Mechanisms(
            self.netlink, nothing, procfs, Sysfs("/nonexistent"), nothing, network, own, links=Links(network), **given
        )
        procfs.processes = lambda: self.processes  # type: ignore[method-assign]
        self.surface = Surface(self.uci, Bus(at), self.reloads, directory)
        part = build(mechanisms, self.surface)
        assert part is not None
        self.part = part
        self.given = replace(mechanisms, **part.provides)
        declared = [one for declared in (root, ethernet, ip, *declare) for one in declared(self.given)]
        backends = [network, *([part.backend] if part.backend else [])]
        super().__init__(declared, own, backends, store=store, forget=[self.netlink.forget, *part.forget])
        self.model.settle = self.reloads.settle

    def text(self, package: str) -> str:
        """A package's text."""
        return (self.places.config / package).read_text()

    def write(self, package: str, text: str) -> None:
        """Somebody writes a package."""
        (self.places.config / package).write_text(text)

    def says(self, package: str, section: str) -> Mapping[str, Any]:
        """The options of a section; none where there is no such."""
        self.uci.forget()
        found = self.uci.read(package).get(section)
        return dict(found.options) if found else {}

    def interface(self, name: str) -> str:
        """The IP interface with this name."""
        return self.find("Device.IP.Interface.", Name=name).removesuffix(".")

    def run(self, command: str, pid: int = 99) -> None:
        """Somebody's process is there."""
        self.processes.append(SimpleNamespace(command=command, pid=pid, state="sleeping"))

    def again(self) -> "OneService":
        """The same after a restart of the agent."""
        build, declare, packages, more = self._again
        return OneService(self.directory, build, declare, packages, store=self.store, **more)
