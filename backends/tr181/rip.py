"""Device.Routing.RIP.: RIP version 2 on the links that are given to the agent."""

from collections.abc import Collection
from typing import Any, Final

from agent.model.errors import Denied
from agent.model.object import Object, Parameter
from backends.bird import BIRD, Bird
from backends.desired_state import Record
from backends.lan.ports import PortsInTheWay
from backends.programs import find_program
from backends.rip import KINDS, Ground, Rip, RipInterface, RipService
from backends.tr181.layers import IP_INTERFACE
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.parts import Part
from backends.tr181.record_table import Keys, RecordTable
from backends.tr181.service import TableService

RIP: Final = "Device.Routing.RIP."
SETTING: Final = f"{RIP}InterfaceSetting.{{i}}."
TABLES: Final[dict[type[Record], str]] = {Rip: RIP, RipInterface: SETTING}
TOPIC: Final = "rip"
LOOK: Final = 30.0
"""Seconds between two looks whether BIRD still runs."""


class RipTables(TableService):
    """The backend of both objects; a chore too, which starts a BIRD anew that was ended by somebody else."""

    def __init__(self, rip: RipService) -> None:
        super().__init__("rip", KINDS, rip, TABLES)
        self.rip = rip
        self._next = 0.0

    def due(self, now: float) -> float | None:  # noqa: ARG002 - it has a time of its own
        """See Chore."""
        return self._next if self._applied.get(Rip).enable else None

    def act(self, now: float) -> frozenset[str]:
        """See Chore."""
        self._next = now + LOOK
        if not self.rip.is_missing(self._applied):
            return frozenset()
        self.reapply()
        return frozenset({TOPIC})


def rip_tables(given: Mechanisms) -> Part | None:
    """RIP, where BIRD is installed."""
    if find_program(BIRD) is None:
        return None
    netlink, links = given.netlink, given.links
    bird = Bird(given.directory / "rip")

    def own() -> list[int]:
        process = bird.program.pid()
        return [] if process is None else [process]

    def index_and_addresses(name: str) -> tuple[int, Collection[str]]:
        link = netlink.link(name)
        return (link.index if link else -1), {one.address for one in netlink.addresses() if one.interface == name}

    ground = Ground(links.link_of, links.may_change, given.management_path, PortsInTheWay(index_and_addresses, own))
    tables = RipTables(RipService(bird, netlink, ground))
    return Part("rip", {"rip": tables}, tables, [tables.rip.forget], chores=[tables])


def rip(mechanisms: Mechanisms) -> list[Object[Any]]:
    """RIP, and its interfaces."""
    tables, network = mechanisms.rip, mechanisms.network
    if tables is None:
        return []

    def enable(_: Keys, value: bool) -> None:
        if not any(network.may_change(name) for name in network.topology.links):
            raise Denied("", "no interface is in [network] manage")
        tables.edit(Rip, enable=value)

    whole = RecordTable(tables, Rip, RIP)
    settings = RecordTable(tables, RipInterface, SETTING)
    return [
        whole.object(
            [
                Parameter("Enable", lambda _: tables.wanted.get(Rip).enable, enable),
                Parameter("SupportedModes", lambda _: "Both"),
            ],
            BIRD,
        ),
        settings.object(
            [
                *settings.plain("Enable", "AcceptRA", "SendRA"),
                settings.reference("Interface", IP_INTERFACE),
                Parameter("Status", lambda row: tables.rip.status(tables.wanted, row[-1])),
            ],
            BIRD,
            (TOPIC, "link", "address"),
        ),
    ]
