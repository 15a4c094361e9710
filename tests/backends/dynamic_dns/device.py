"""A device in a namespace whose names a service of the test keeps: ``wan0`` is given to the agent, ``own0`` is not."""

import queue
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

from agent.model.data_model import DataModel
from agent.model.own_values import OwnValues
from backends.dynamic_dns.clients import DynamicDns, Place
from backends.dynamic_dns.instance import Folders
from backends.netlink_socket import inside
from backends.programs import Program
from backends.sysfs import Sysfs
from backends.system import System
from backends.tr181.dynamic_dns import DynamicDnsTables, dynamic_dns, part_of
from backends.tr181.ip import ip
from backends.tr181.links import Links
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.root import root
from backends.tr181.staging import LinuxNetwork
from tests.backends.acs import Acs
from tests.backends.device import NamespaceSettings
from tests.backends.dynamic_dns.provider import Provider
from tests.fakes.documents import Documents
from tests.netlab.namespace import Namespace
from tests.schemas import shipped_schema
from tests.waiting import PATIENCE, until

BASE = "Device.DynamicDNS."
HERE, MOVED, PROVIDER = "192.0.2.7", "192.0.2.8", "198.51.100.1"


class NamedDevice(Acs):
    """The data model over one namespace; ``wait`` lets time pass as the agent would see it."""

    def __init__(self, lab: Namespace, directory: Path, store: Documents | None = None, like: Any = None) -> None:
        self.lab, self.directory, self.store = lab, directory, store or Documents()
        if like is None:
            for name in ("wan0", "own0"):
                lab.ip(f"link add {name} type veth peer name far-{name}")
                lab.ip(f"link set {name} up")
            lab.ip(f"address add {HERE}/24 dev wan0")
            lab.ip(f"address add {PROVIDER}/32 dev lo")
            opened = inside(lab.path, lambda: socket.create_server((PROVIDER, 0)))
            self.provider = Provider(opened)
        else:
            self.provider = like.provider
        netlink = lab.netlink()
        self.procfs = NamespaceSettings(lab)
        network = LinuxNetwork(netlink, self.procfs, ("wan*",), lambda: None)
        nothing: Any = None
        mechanisms = Mechanisms(
            netlink, nothing, self.procfs, Sysfs(lab.sysfs), System("/"), network, OwnValues({}, {}),
            links=Links(network),
        )  # fmt: skip
        self.folders = Folders(str(directory / "run"), str(directory / "state"), lab.command(), 2)
        place = Place(mechanisms.links.link_of, mechanisms.links.may_change, may_change_system=False)
        self.clients = DynamicDns(netlink, place, self.folders)
        part = part_of(self.clients)
        self.tables: DynamicDnsTables = part.provides["dynamic_dns"]
        mechanisms = replace(mechanisms, dynamic_dns=self.tables)
        self.model = DataModel(
            shipped_schema(),
            [one for declare in (root, ip, dynamic_dns) for one in declare(mechanisms)],
            mechanisms.own,
            [network, self.tables],
            self.store,
            time.monotonic,
            forget=[netlink.forget, *part.forget],
            boot_id="boot",
        )
        self.model.load(self.tables.apply_at_start)
        self.news: queue.SimpleQueue[frozenset[str]] = queue.SimpleQueue()
        self._stop = threading.Event()
        assert part.watch is not None
        self._watch = threading.Thread(target=part.watch, args=(self.news.put, self._stop))
        self._watch.start()

    def step(self) -> None:
        """What the agent does when it is told of something, or when a chore is due."""
        told = False
        while not self.news.empty():
            self.news.get()
            told = True
        self.model.forget()
        now = time.monotonic()
        due = self.tables.due(now)
        if told:
            self.tables.reapply()
        elif due is not None and due <= now:
            self.tables.act(now)

    def wait(self, condition: Callable[[], bool]) -> None:
        """Until something holds."""

        def shown() -> str:
            told = {name: text for name, text in self.tree(BASE).items() if "Status" in name or "Error" in name}
            return f"{told} {self.provider.asked}"

        def holds() -> bool:
            if not condition():
                self.step()
                return False
            return True

        until(holds, shown)

    def shows(self, status: str, error: str = "NO_ERROR", name: str | None = None) -> bool:
        """Whether the first client, and its first name, are so."""
        path = f"{BASE}Client.1."
        found = (self.get(f"{path}Status"), self.get(f"{path}LastError"))
        return found == (status, error) and name in (None, self.get(f"{path}Hostname.1.Status"))

    def interface(self, name: str = "wan0") -> str:
        """The IP interface with this name."""
        return self.find("Device.IP.Interface.", Name=name).removesuffix(".")

    def server(self, **values: str) -> str:
        """A server that is the provider."""
        usual = {
            "Enable": "1", "Name": "test", "ServiceName": "dyndns2", "ServerAddress": PROVIDER, "Protocol": "HTTP",
            "ServerPort": str(self.provider.port), "CheckInterval": "0", "RetryInterval": "3600",
        }  # fmt: skip
        return self.add(f"{BASE}Server.", **{**usual, **values}).removesuffix(".")

    def client(self, server: str, *names: str, **values: str) -> str:
        """A client with these names, all of it in one change; its path."""
        usual = {"Server": server, "Interface": self.interface(), "Username": "user", "Password": "geheim"}
        path = self.add(f"{BASE}Client.", **{**usual, **values})
        for name in names:
            self.add(f"{path}Hostname.", Name=name, Enable="1")
        self.set({f"{path}Enable": "1"})
        return path

    @property
    def process(self) -> int | None:
        """The ddclient of the first client."""
        [file] = (self.directory / "run").glob("ddclient-*.conf")
        return Program(file.stem, file.parent).pid()

    def kernel_changed(self) -> None:
        """What the agent does when the kernel tells of an address."""
        self.model.forget()
        self.tables.reapply()

    def again(self) -> "NamedDevice":
        """The same after the agent was killed and started."""
        self.leave()
        return NamedDevice(self.lab, self.directory, self.store, like=self)

    def leave(self) -> None:
        self._stop.set()
        self._watch.join(PATIENCE)
        self.procfs.close()

    def close(self) -> None:
        if not self._stop.is_set():
            self.leave()
        for file in (self.directory / "run").glob("*.pid"):
            Program(file.stem, file.parent).stop()
        self.provider.close()
