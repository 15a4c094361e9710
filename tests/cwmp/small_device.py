"""A small device for tests: a real data model over tables in memory, its durable documents, and everything CWMP needs.

Its tree is a cut of TR-181: DeviceInfo, two Ethernet ports that the system made, IP interfaces and addresses that the
ACS may add, and ManagementServer. ``restarted`` builds the device anew from nothing but its documents.
"""

import copy
import functools
import gzip
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from agent.cwmp import management_server as ms
from agent.cwmp.event_queue import EventQueue
from agent.cwmp.inform import inform
from agent.cwmp.messages import DeviceIdStruct, Envelope, Fault, Inform, Request, Response
from agent.cwmp.notifications import Notifications
from agent.cwmp.rpc import Clocks, Rpc
from agent.cwmp.schedule import ScheduledInforms
from agent.cwmp.soap import render
from agent.model.data_model import Addressing, Caller, DataModel
from agent.model.errors import InvalidValue, Unavailable
from agent.model.object import Object, Parameter, Target
from agent.model.own_values import OwnValues
from agent.model.schema import Schema
from agent.runtime.delivery import OF_TRANSFERS
from agent.shipped import shipped
from agent.transfers.queue import TransferQueue
from agent.transfers.requests import Policy, TransferRequests
from tests.fakes.documents import Documents
from tests.fakes.transfers import POLICY, Depot
from tests.shorthand import VALIDATOR, valid

DEVICE_ID = DeviceIdStruct("Example Networks", "0A1B2C", "Gateway", "SN0001")
ACS = "https://acs.example/cwmp"
NOON = datetime(2026, 3, 1, 12, 0, tzinfo=timezone(timedelta(hours=1)))
OWN = {**ms.DEFAULTS, "DeviceInfo.ProvisioningCode": "", "Preset.Applied": {}}

Record = dict[str, Any]


@functools.cache
def schema() -> Schema:
    return Schema.compiled(gzip.decompress(shipped("datamodel/tr-181-2-19-1-cwmp.json.gz").read_bytes()))


def checked(envelope: Envelope) -> bytes:
    """The envelope as it goes out; held against the XSDs where they are at hand (a test of its own says if not)."""
    return valid(envelope) if VALIDATOR.exists() else render(envelope)


class System:
    """The machine: records by kind, changed all or nothing.

    ``cuts_path``: a change would cut off the ACS; ``breaks_down``: it cannot be made; ``is_silent``: a sensor is.
    """

    name = "system"

    def __init__(self) -> None:
        self.records: dict[str, list[Record]] = {
            "port": [
                {"id": "lan0", "enable": True, "status": "Up", "speed": 1000},
                {"id": "wan0", "enable": True, "status": "Up", "speed": 2500},
            ],
            "interface": [{"id": "1", "enable": True, "lower": "wan0", "type": "Normal"}],
            "address": [{"id": "1", "interface": "1", "enable": True, "address": "192.0.2.7", "mask": "255.255.255.0"}],
            "info": [{"id": "", "software": "1.0.0", "uptime": 4711}],
        }
        self.cuts_path = False
        self.breaks_down = False
        self.is_silent = False
        self._new = copy.deepcopy(self.records)
        self._before: dict[str, list[Record]] | None = None

    def begin(self) -> None:
        self._before = copy.deepcopy(self.records)

    def prepare(self) -> bool:
        return self.cuts_path

    def undo_record(self) -> Any:
        return {"before": self._before}

    def commit(self) -> None:
        if self.breaks_down:
            raise RuntimeError("the device is on fire")

    def postpone(self) -> None:
        self.commit()

    def rollback(self) -> None:
        if self._before is not None:
            self.records, self._before = self._before, None

    def recover(self, record: Any, same_boot: bool) -> None:
        if record:
            self.records = record["before"]

    def state(self) -> Any:
        return {kind: rows for kind, rows in self.records.items() if kind in ("interface", "address")}

    def restore(self, state: Any) -> None:
        as_new = {kind: rows for kind, rows in self._new.items() if kind in ("interface", "address")}
        self.records |= copy.deepcopy(state or as_new)


def _field(
    name: str, key: str, set_too: bool = False, check: Callable[[Any], None] | None = None
) -> Parameter[Any, Any]:
    def store(row: Record, value: Any) -> None:
        if check:
            check(value)
        row[key] = value

    return Parameter(name, lambda row: row[key], store if set_too else None)


def _objects(system: System, own: OwnValues) -> list[Object[Any]]:
    def rows(kind: str) -> Callable[[], list[Record]]:
        return lambda: system.records[kind]

    def new(kind: str, **values: Any) -> tuple[str, ...]:
        key = str(max((int(row["id"]) for row in system.records[kind]), default=0) + 1)
        system.records[kind].append({"id": key, "enable": False, **values})
        return (key,)

    def lower_layer(row: Record) -> list[Target]:
        return [Target("Device.Ethernet.Interface.{i}.", (row["lower"],))] if row["lower"] else []

    def set_lower_layer(row: Record, targets: list[Target]) -> None:
        row["lower"] = targets[0].keys[0] if targets else ""

    def sensor(_row: Record) -> str:
        if system.is_silent:
            raise Unavailable("Device.DeviceInfo.ModelNumber", "/dev/secret0 does not answer")
        return "GW-1"

    def unspecified(value: str) -> None:
        if value == "0.0.0.0":
            raise InvalidValue("", "an interface has no unspecified address")

    def provision(_row: Record, value: str) -> None:
        own.stage("DeviceInfo.ProvisioningCode", value)

    info = rows("info")
    return [
        Object("Device.", info, lambda _: (), [Parameter("RootDataModelVersion", lambda _: "2.19")]),
        Object(
            "Device.DeviceInfo.",
            info,
            lambda _: (),
            [
                Parameter("Manufacturer", lambda _: DEVICE_ID.manufacturer),
                Parameter("HardwareVersion", lambda _: "B2"),
                _field("SoftwareVersion", "software"),
                _field("UpTime", "uptime"),
                Parameter("ProvisioningCode", lambda _: own.get("DeviceInfo.ProvisioningCode"), provision),
                Parameter("ModelNumber", sensor),
            ],
            backend=own,
        ),
        Object(
            "Device.Ethernet.Interface.{i}.",
            rows("port"),
            lambda row: (row["id"],),
            [
                _field("Enable", "enable", set_too=True),
                _field("Status", "status"),
                _field("Name", "id"),
                _field("MaxBitRate", "speed", set_too=True),
            ],
            changed_by=("link",),
            backend=system,
        ),
        Object(
            "Device.IP.Interface.{i}.",
            rows("interface"),
            lambda row: (row["id"],),
            [
                _field("Enable", "enable", set_too=True),
                _field("Type", "type"),
                Parameter("LowerLayers", lower_layer, set_lower_layer),
            ],
            add=lambda _: new("interface", lower="", type="Normal"),
            delete=lambda row: system.records["interface"].remove(row),
            backend=system,
        ),
        Object(
            "Device.IP.Interface.{i}.IPv4Address.{i}.",
            rows("address"),
            lambda row: (row["interface"], row["id"]),
            [
                _field("Enable", "enable", set_too=True),
                _field("IPAddress", "address", set_too=True, check=unspecified),
                _field("SubnetMask", "mask", set_too=True),
            ],
            add=lambda parents: (parents[0], *new("address", interface=parents[0], address="", mask="")),
            delete=lambda row: system.records["address"].remove(row),
            backend=system,
        ),
    ]


class SmallDevice:
    """The device and what CWMP keeps of it. ``boot`` names the kernel's run; the clocks move by setting ``now``."""

    def __init__(
        self,
        documents: Documents | None = None,
        system: System | None = None,
        boot: str = "boot 1",
        depot: Depot | None = None,
    ) -> None:
        self.depot = depot or Depot()
        self.documents = documents or Documents()
        self.system = system or System()
        self.boot = boot
        self.now = 1000.0
        self.own = OwnValues(OWN, {ms.URL: ACS, "ManagementServer.ConnectionRequestUsername": "acs"})
        connection_request_url = "http://192.0.2.7:7547/f0r3st"
        self.model = DataModel(
            schema(),
            [
                *_objects(self.system, self.own),
                *ms.management_server("Device.", self.own, schema(), lambda: connection_request_url),
            ],
            self.own,
            [self.system],
            self.documents,
            clock=lambda: self.now,
            addressing=Addressing(
                shows_aliases=lambda: self.own.get("ManagementServer.InstanceMode") == "InstanceAlias",
                creates_instances=lambda: bool(self.own.get("ManagementServer.AutoCreateInstances")),
            ),
            boot_id=boot,
        )
        self.model.load()
        kept = self.documents.read("cwmp")
        self.events = EventQueue.load(kept["events"]) if kept else EventQueue()
        self.scheduled = ScheduledInforms.load(kept["scheduled"], boot, self.now) if kept else ScheduledInforms(boot)
        self.notifications = Notifications.load(kept["known"]) if kept else Notifications()
        self.notifications.follow(self.model.notified(), self.read)
        self.transfers = TransferQueue.load(kept["transfers"], boot) if kept else TransferQueue(boot)
        self.depot.register(self.transfers.types)
        self.transfers.occurred = self.events.occurred
        self.transfers.withdraw = lambda: self.events.withdraw(OF_TRANSFERS)
        self.transfers.wants = Policy(
            lambda name: self.own.get(f"ManagementServer.AutonomousTransferCompletePolicy.{name}")
        ).wants
        self.transfer_requests = TransferRequests(self.transfers, lambda: POLICY)
        self.rpc = Rpc(
            self.model,
            self.events,
            self.scheduled,
            self.notifications,
            self.save,
            transfers=self.transfer_requests,
        )

    @property
    def wall(self) -> float:
        """The wall clock goes along with the monotonic one."""
        return NOON.timestamp() + self.now - 1000.0

    def read(self, paths: Any) -> Any:
        return self.model.peek(paths)

    def save(self) -> None:
        self.documents.write(
            "cwmp",
            {
                "events": self.events.dump(),
                "scheduled": self.scheduled.dump(),
                "known": self.notifications.dump(),
                "transfers": self.transfers.dump(),
            },
        )

    def restarted(self, *, booted: bool = False) -> "SmallDevice":
        """The same machine after a restart of the agent, or of itself."""
        after = SmallDevice(self.documents, self.system, self.boot + "+" if booted else self.boot, self.depot)
        after.now = self.now
        if booted:
            after.events.rebooted()
        after.transfers.restarted(booted, after.wall)
        return after

    def inform(self, retry_count: int = 0) -> Inform:
        return inform(
            self.model,
            DEVICE_ID,
            self.events.for_inform(retrying=retry_count > 0),
            changed=self.events.changed_paths,
            chosen=ms.inform_parameters(self.own),
            retry_count=retry_count,
            current_time=datetime.fromtimestamp(self.wall, UTC).astimezone(NOON.tzinfo),
        )

    def becomes(self, path: str, text: str) -> None:
        """The system changes by itself: a port's Status, or the SoftwareVersion."""
        *_, number, name = path.split(".")
        if name == "SoftwareVersion":
            self.system.records["info"][0]["software"] = text
        else:
            self.system.records["port"][int(number) - 1][name.lower()] = text

    def ask(self, request: Request) -> Response | Fault:
        """One request of the ACS, answered."""
        return self.rpc.answer(request, Clocks(self.now, self.wall))

    def get(self, path: str) -> str:
        """One value, as the ACS reads it."""
        return self.model.get([path], Caller.ACS)[0].text
