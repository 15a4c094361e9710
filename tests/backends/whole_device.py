"""A device with every TR-181 object, on a machine made of files and a kernel in memory, or on the real ones."""

import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from agent.model.data_model import DataModel
from agent.model.own_values import OwnValues
from backends import tr181
from backends.addresses import Addresses
from backends.netlink import Netlink
from backends.procfs import Procfs
from backends.sysfs import Sysfs
from backends.system import System
from backends.tr181.device_load import memory_load, processor_load
from backends.tr181.device_sensors import thermometer
from backends.tr181.device_storage import storage
from backends.tr181.links import Links
from backends.tr181.mechanisms import Identity, Mechanisms
from backends.tr181.parts import Build, Machine
from backends.tr181.staging import LinuxNetwork
from tests.backends.acs import Acs
from tests.fakes.documents import Documents
from tests.fakes.machine import FakeMachine
from tests.fakes.netlink import FakeKernel, FakeNetlink
from tests.schemas import shipped_schema

OF_EVERY_MACHINE: Sequence[Build] = (thermometer, processor_load, memory_load, storage)
"""The services that need no program and change nothing of the system."""


class WholeDevice(Acs):
    """Get and set as an ACS would."""

    def __init__(
        self,
        netlink: Netlink,
        procfs: Procfs,
        sysfs: Sysfs,
        system: System,
        *,
        may_change_system: bool = False,
        identity: Identity | None = None,
        services: Sequence[Build] = OF_EVERY_MACHINE,
    ) -> None:
        self.own = OwnValues(tr181.OWN_VALUES, {})
        network = LinuxNetwork(netlink, procfs, (), lambda: None)
        basic = Mechanisms(
            netlink,
            Addresses(netlink, None),
            procfs,
            sysfs,
            system,
            network,
            self.own,
            identity or Identity(),
            may_change_system,
            links=Links(network),
        )
        self.machine = Machine(basic, services)
        self.mechanisms = self.machine.mechanisms
        self.model = DataModel(
            shipped_schema(),
            tr181.objects(self.mechanisms),
            self.own,
            [network, *self.machine.backends],
            Documents(),
            time.monotonic,
            forget=[netlink.forget, procfs.forget, *self.machine.forget],
            boot_id="boot",
        )
        self.model.load()

    def table(self, path: str, name: str) -> dict[str, dict[str, str]]:
        """The rows of a table by the value of one of their parameters."""
        told = self.tree(path)
        rows: dict[str, dict[str, str]] = {}
        for key, text in told.items():
            number, _, rest = key.partition(".")
            rows.setdefault(number, {})[rest] = text
        return {row[name]: row for row in rows.values()}

    def refusal(self, path: str, text: str) -> str:
        """The class of the refusal of a value."""
        [refusal] = self.refused({path: text}).values()
        return refusal


def device_in_memory(root: Path, kernel: FakeKernel | None = None, **more: Any) -> tuple[WholeDevice, FakeMachine]:
    """A device on fakes, and the machine to change under it."""
    machine = FakeMachine(root)
    netlink = FakeNetlink(kernel)
    return WholeDevice(netlink, machine.procfs(), machine.sysfs(), machine.system(), **more), machine


def device_on_linux(netlink: Netlink | None = None, sysfs: str = "/sys") -> WholeDevice:
    """A device on this machine, whose network may be a namespace's."""
    return WholeDevice(netlink or Netlink(), Procfs(), Sysfs(sysfs), System("/"))
