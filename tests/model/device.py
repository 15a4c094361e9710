"""A device in memory for tests of the data model: two backends that can fail at each step, and crash between steps.

``Machine`` is what outlives the agent: the documents and what the backends have made. ``Device`` is the agent's part;
``restarted`` builds it anew from the machine.
"""

import copy
from collections.abc import Callable
from decimal import Decimal
from typing import Any

from agent.model.data_model import Addressing, Caller, DataModel
from agent.model.errors import InvalidValue, ModelError, Refusals
from agent.model.object import AliasOf, Object, Parameter, Target
from agent.model.own_values import OwnValues
from tests.fakes.documents import Documents
from tests.schemas import shipped_schema

IP = "Device.IP.Interface."
PORTS = "Device.Ethernet.Interface."
ROUTES = "Device.Routing.Router.1.IPv4Forwarding."
OWN = {
    "ManagementServer.ParameterKey": "",
    "ManagementServer.Password": "secret",
    "ManagementServer.InstanceMode": "InstanceNumber",
    "ManagementServer.AutoCreateInstances": False,
    "DeviceInfo.ProvisioningCode": "",
}

Record = dict[str, Any]
Rows = dict[str, list[Record]]

FIRST: dict[str, Rows] = {
    "network": {
        "interface": [{"id": "wan0", "enable": True, "lower": ["eth0"], "mtu": 1500}],
        "address": [{"id": "1", "parent": "wan0", "enable": True, "address": "192.0.2.7"}],
        "route": [{"id": "1", "parent": "main", "enable": True, "interface": "wan0"}],
    },
    "ports": {
        "port": [{"id": "eth0", "enable": True, "rate": 1000}, {"id": "eth1", "enable": True, "rate": 100}],
        "bridge": [{"id": "br0", "stp": False}],
    },
}


class PowerCut(BaseException):
    """The process ends here: nothing in it runs any more."""


class Machine:
    """What outlives the agent. A ``boot`` later the system is as new, and the documents are still there."""

    def __init__(self) -> None:
        self.documents = Documents()
        self.made: dict[str, Rows] = copy.deepcopy(FIRST)
        self.boot = "boot 1"

    def booted(self) -> None:
        self.boot += "+"
        self.made = copy.deepcopy(FIRST)


class Memory:
    """A backend over rows in memory. ``fails_at``: the steps ("prepare", "commit", "half", "rollback") that fail.

    "half" leaves the system half changed before it fails; ``dies_at`` cuts the power there instead. ``cuts_path``: its
    changes have to wait for the session's end. ``steps``: what was done, in order, shared by all backends of a device.
    """

    def __init__(self, name: str, machine: Machine, steps: list[str]) -> None:
        self.name = name
        self.machine = machine
        self.steps = steps
        self.rows: Rows = copy.deepcopy(FIRST[name])
        self.fails_at: set[str] = set()
        self.dies_at = ""
        self.cuts_path = False
        self._before: Rows | None = None
        self._undo: Rows | None = None

    @property
    def made(self) -> Rows:
        return self.machine.made[self.name]

    def apply_at_start(self) -> None:
        self.machine.made[self.name] = copy.deepcopy(self.rows)

    def begin(self) -> None:
        self._step("begin")
        self._before, self._undo = copy.deepcopy(self.rows), None

    def prepare(self) -> bool:
        self._step("prepare")
        return self.cuts_path and self.rows != self.made

    def undo_record(self) -> Any:
        return copy.deepcopy(self.made) if self.rows != self.made else None

    def commit(self) -> None:
        self._undo = copy.deepcopy(self.made)
        self._step("commit")
        kinds = list(self.rows)
        self.made[kinds[0]] = copy.deepcopy(self.rows[kinds[0]])
        self._step("half")
        self.machine.made[self.name] = copy.deepcopy(self.rows)

    def postpone(self) -> None:
        self._before = None

    def rollback(self) -> None:
        self._step("rollback")
        if self._undo is not None:
            self.machine.made[self.name], self._undo = self._undo, None
        if self._before is not None:
            self.rows, self._before = self._before, None

    def recover(self, record: Any, same_boot: bool) -> None:
        self._step("recover")
        if record and same_boot:
            self.machine.made[self.name] = copy.deepcopy(record)

    def state(self) -> Any:
        return {kind: copy.deepcopy(rows) for kind, rows in self.rows.items()}

    def restore(self, state: Any) -> None:
        self.rows = copy.deepcopy(state or FIRST[self.name])

    def _step(self, step: str) -> None:
        if step == self.dies_at:
            raise PowerCut(f"{self.name} {step}")
        self.steps.append(f"{self.name} {step}")
        if step in self.fails_at:
            raise RuntimeError(f"{self.name} cannot {step}")


class Device:
    """The data model over a machine. ``now`` is its monotonic clock, ``sensor`` what reads the temperature."""

    def __init__(self, machine: Machine | None = None) -> None:
        self.machine = machine or Machine()
        self.documents = self.machine.documents
        self.steps: list[str] = []
        self.network = Memory("network", self.machine, self.steps)
        self.ports = Memory("ports", self.machine, self.steps)
        self.now = 1000.0
        self.hosts: list[str] = ["02:00:00:00:00:01"]
        self.read_hosts: Callable[[], None] = lambda: None
        self.check_sensor: Callable[[], None] = lambda: None
        self.own = OwnValues(OWN, {})
        self.model = DataModel(
            shipped_schema(),
            objects(self),
            self.own,
            [self.network, self.ports],
            self.documents,
            clock=lambda: self.now,
            addressing=Addressing(
                lambda: self.own.get("ManagementServer.InstanceMode") == "InstanceAlias",
                lambda: bool(self.own.get("ManagementServer.AutoCreateInstances")),
            ),
            boot_id=self.machine.boot,
        )
        self.was_known = self.model.load(self.apply_at_start)
        self.steps.clear()

    def apply_at_start(self) -> None:
        for backend in (self.network, self.ports):
            backend.apply_at_start()

    def restarted(self, *, booted: bool = False) -> "Device":
        """The agent ends at once and starts anew; ``booted``: the whole machine does."""
        if booted:
            self.machine.booted()
        return Device(self.machine)

    # -- words of the tests -------------------------------------------------------------------------------------------

    def get(self, path: str, caller: Caller = Caller.ACS) -> str:
        [value] = self.model.get([path], caller)
        return value.text

    def tree(self, path: str) -> dict[str, str]:
        return {value.path: value.text for value in self.model.get([path], Caller.ACS)}

    def names(self, path: str, next_level: bool = False) -> list[str]:
        return [name.path for name in self.model.names(path, next_level, Caller.ACS)]

    def change(self, values: dict[str, str], key: str = "", caller: Caller = Caller.ACS) -> int:
        """Set all of them, with a ParameterKey: the status. Raises Refusals."""
        transaction = self.model.transaction(caller)
        try:
            if key:
                transaction.set_own("ManagementServer.ParameterKey", key)
            for path, text in values.items():
                transaction.set(path, text)
            return transaction.commit().status
        finally:
            transaction.abandon()

    def add(self, table: str) -> int:
        transaction = self.model.transaction(Caller.ACS)
        try:
            number = transaction.add(table)
            transaction.commit()
            return number
        finally:
            transaction.abandon()

    def delete(self, path: str) -> None:
        transaction = self.model.transaction(Caller.ACS)
        try:
            transaction.delete(path)
            transaction.commit()
        finally:
            transaction.abandon()

    def refused(self, values: dict[str, str]) -> dict[str, str]:
        """What is wrong with each parameter: path → the error's noun. Nothing has changed."""
        before = self.whole()
        try:
            self.change(values)
        except Refusals as refusals:
            assert self.whole() == before
            return {one.path: type(one).__name__ for one in refusals.refusals}
        except ModelError as refusal:
            assert self.whole() == before
            return {refusal.path: type(refusal).__name__}
        raise AssertionError("nothing was refused")

    def whole(self) -> Any:
        """Everything that a refused change must leave as it was: the tree, the system and the documents."""
        tree = self.tree("")
        return tree, copy.deepcopy(self.machine.made), dict(self.documents.texts)

    def is_consistent(self) -> bool:
        """The system, the rows and the saved document tell the same, and no journal is open."""
        saved = (self.documents.read("model") or {}).get("backends", {})
        return "journal" not in self.documents.texts and all(
            backend.made == backend.rows == (saved.get(backend.name) or FIRST[backend.name])
            for backend in (self.network, self.ports)
        )


def _one_row() -> list[Record]:
    return [{}]


def _no_key(_row: Any) -> tuple[str, ...]:
    return ()


def _field(name: str, key: str, is_set: bool = True, check: Callable[[Any], None] | None = None) -> Any:
    def store(row: Record, value: Any) -> None:
        if check:
            check(value)
        row[key] = value

    return Parameter(name, lambda row: row[key], store if is_set else None)


def _unspecified(value: str) -> None:
    if value == "0.0.0.0":
        raise InvalidValue("", "an interface has no unspecified address")


def objects(device: Device) -> list[Object[Any]]:
    """The tables. A first change of an interface makes it configured, under another key ("wan0" becomes "+wan0")."""
    return [
        *_agent(device),
        *_ports(device.ports),
        *_interfaces(device.network),
        *_routes(device.network),
        *_seen(device),
    ]


def _agent(device: Device) -> list[Object[Any]]:
    own = device.own

    def stored(key: str) -> Any:
        name = key.rpartition(".")[2]
        return Parameter(name, lambda _row: own.get(key), lambda _row, value: own.stage(key, value))

    info = [
        stored("DeviceInfo.ProvisioningCode"),
        Parameter("SoftwareVersion", lambda _row: "1.0"),
        Parameter("UpTime", lambda _row: int(device.now)),
    ]
    server = [
        stored("ManagementServer.Password"),
        stored("ManagementServer.InstanceMode"),
        stored("ManagementServer.AutoCreateInstances"),
        Parameter("ParameterKey", lambda _row: own.get("ManagementServer.ParameterKey")),
    ]
    return [
        Object("Device.DeviceInfo.", _one_row, _no_key, info, changed_by=("own",), backend=own),
        Object("Device.ManagementServer.", _one_row, _no_key, server, backend=own),
    ]


def _ports(ports: Memory) -> list[Object[Any]]:
    def stp(row: Record, value: bool) -> None:
        row["stp"] = value
        row["id"] = f"{row['id'].rstrip('+')}+"

    def bridges() -> list[Record]:
        return ports.rows["bridge"]

    def key(row: Record) -> tuple[str, ...]:
        return (row["id"],)

    return [
        Object(
            f"{PORTS}{{i}}.",
            lambda: ports.rows["port"],
            key,
            [_field("Enable", "enable"), _field("MaxBitRate", "rate"), _field("Name", "id", is_set=False)],
            changed_by=("link",),
            backend=ports,
            source=lambda row: f"memory {row['id']}",
        ),
        Object("Device.Bridging.Bridge.{i}.", bridges, key, []),
        Object(
            "Device.Bridging.Bridge.{i}.STP.",
            bridges,
            key,
            [Parameter("Enable", lambda row: row["stp"], stp)],
            backend=ports,
        ),
    ]


def _new(network: Memory, kind: str, parent: tuple[str, ...], **values: Any) -> tuple[str, ...]:
    taken = [int(row["id"]) for row in network.rows[kind] if row["id"].isdigit()]
    key = str(max(taken, default=0) + 1)
    network.rows[kind].append({"id": key, "parent": parent[-1] if parent else "", "enable": False, **values})
    return (*parent, key)


def _configured(network: Memory, row: Record) -> None:
    """The row of an interface that was only observed becomes one that is configured: it has another key from now on."""
    if row["id"].startswith("+") or row["id"].isdigit():
        return
    old, row["id"] = row["id"], f"+{row['id']}"
    for kind, reference in (("address", "parent"), ("route", "interface")):
        for one in network.rows[kind]:
            if one[reference] == old:
                one[reference] = row["id"]


def _interfaces(network: Memory) -> list[Object[Any]]:
    def enable(row: Record, value: bool) -> None:
        row["enable"] = value
        _configured(network, row)

    def enable_address(row: Record, value: bool) -> None:
        row["enable"] = value
        _configured(network, next(one for one in network.rows["interface"] if one["id"] == row["parent"]))

    def delete(row: Record) -> None:
        network.rows["interface"].remove(row)
        network.rows["address"] = [one for one in network.rows["address"] if one["parent"] != row["id"]]

    def set_lower_layers(row: Record, targets: list[Target]) -> None:
        row["lower"] = [target.keys[0] for target in targets]

    def lower_layers(row: Record) -> list[Target]:
        return [Target(f"{PORTS}{{i}}.", (key,)) for key in row["lower"]]

    return [
        Object(
            f"{IP}{{i}}.",
            lambda: network.rows["interface"],
            lambda row: (row["id"],),
            [
                Parameter("Enable", lambda row: row["enable"], enable),
                _field("MaxMTUSize", "mtu"),
                Parameter("LowerLayers", lower_layers, set_lower_layers),
            ],
            add=lambda _: _new(network, "interface", (), lower=[], mtu=1500),
            delete=delete,
            backend=network,
        ),
        Object(
            f"{IP}{{i}}.IPv4Address.{{i}}.",
            lambda: network.rows["address"],
            lambda row: (row["parent"], row["id"]),
            [
                Parameter("Enable", lambda row: row["enable"], enable_address),
                _field("IPAddress", "address", check=_unspecified),
            ],
            add=lambda parents: _new(network, "address", parents, address=""),
            delete=lambda row: network.rows["address"].remove(row),
            backend=network,
        ),
    ]


def _routes(network: Memory) -> list[Object[Any]]:
    def interface(row: Record) -> Target | None:
        return Target(f"{IP}{{i}}.", (row["interface"],)) if row["interface"] else None

    def set_interface(row: Record, target: Target | None) -> None:
        row["interface"] = target.keys[0] if target else ""

    return [
        Object("Device.Routing.Router.{i}.", lambda: ["main"], lambda row: (row,), []),
        Object(
            "Device.Routing.Router.{i}.IPv4Forwarding.{i}.",
            lambda: network.rows["route"],
            lambda row: (row["parent"], row["id"]),
            [_field("Enable", "enable"), Parameter("Interface", interface, set_interface)],
            add=lambda parents: _new(network, "route", parents, interface=""),
            delete=lambda row: network.rows["route"].remove(row),
            backend=network,
        ),
    ]


def _seen(device: Device) -> list[Object[Any]]:
    """What is only there to be read."""

    def hosts() -> list[str]:
        device.read_hosts()
        return list(device.hosts)

    def capacity(_row: Any) -> Decimal:
        device.check_sensor()
        return Decimal("2.50")

    def stack() -> list[tuple[str, str]]:
        return [(row["id"], lower) for row in device.network.rows["interface"] for lower in row["lower"]]

    def higher(row: tuple[str, str]) -> Target:
        return Target(f"{IP}{{i}}.", (row[0],))

    return [
        Object(
            "Device.InterfaceStack.{i}.",
            stack,
            lambda row: ("-".join(row),),
            [Parameter("HigherLayer", higher), Parameter("HigherAlias", lambda row: AliasOf(higher(row)))],
            durable=False,
        ),
        Object(
            "Device.Hosts.Host.{i}.",
            hosts,
            lambda row: (row,),
            [Parameter("PhysAddress", lambda row: row), Parameter("Active", lambda _row: True)],
            durable=False,
        ),
        Object(
            "Device.IP.Diagnostics.IPLayerCapacityMetrics.",
            _one_row,
            _no_key,
            [Parameter("MaxIPLayerCapacity", capacity)],
        ),
    ]
