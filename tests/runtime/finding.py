"""A device that looks for its ACS: the real model, policy and readers; network, time and the ACS's health are given."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agent.cwmp import management_server as ms
from agent.model.data_model import Caller, DataModel
from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from agent.runtime.discovery import OWN_VALUES, Contact, Discovery
from agent.runtime.events import Moment
from agent.runtime.lease_events import LeaseEvents
from agent.settings import Discovery as Settings
from tests.cwmp.small_device import schema
from tests.fakes.documents import Documents

SERVER = "Device.ManagementServer."
CODE = "Device.DeviceInfo.ProvisioningCode"
WAIT, MULTIPLIER = f"{SERVER}CWMPRetryMinimumWaitInterval", f"{SERVER}CWMPRetryIntervalMultiplier"
BROKEN = Contact(3, 10.0)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC).timestamp()


def option43(url: str = "", code: str = "", wait: str = "", multiplier: str = "") -> str:
    """The sub-options of TR-069 as udhcpc writes them."""
    texts = ((1, url), (2, code), (3, wait), (4, multiplier))
    return b"".join(bytes((tag, len(text))) + text.encode() for tag, text in texts if text).hex()


def option125(*parts: tuple[int, str]) -> str:
    """Sub-options of the Broadband Forum's enterprise."""
    body = b"".join(bytes((tag, len(text))) + text.encode() for tag, text in parts)
    return ((3561).to_bytes(4, "big") + bytes((len(body),)) + body).hex()


def bound(url: str = "", interface: str = "wan", reason: str = "bound", **more: str) -> dict[str, Any]:
    """What udhcpc's hook hands over."""
    said = option43(url, **more)
    return {"client": "udhcpc", "reason": reason, "environment": {"interface": interface, "opt43": said}}


def ended(interface: str = "wan") -> dict[str, Any]:
    """The same when the lease is gone."""
    return {"client": "udhcpc", "reason": "deconfig", "environment": {"interface": interface}}


def bound6(url: str, interface: str = "wan") -> dict[str, Any]:
    """What odhcp6c's hook hands over."""
    said = (3561).to_bytes(4, "big") + (1).to_bytes(2, "big") + len(url).to_bytes(2, "big") + url.encode()
    environment = {"interface": interface, "OPTION_17": said.hex()}
    return {"client": "odhcp6c", "reason": "bound", "environment": environment}


class Finder:
    """``settings``, ``ways`` and ``contact`` are as a test wants them; ``moments`` tells when the ACS was changed."""

    def __init__(
        self,
        place: Path,
        documents: Documents | None = None,
        file: Mapping[str, Any] | None = None,
        boot: str = "boot 1",
        begins: bool = True,
    ) -> None:
        self.place, self.boot = place, boot
        self.documents = documents or Documents()
        self.settings = Settings()
        self.ways: dict[int, tuple[str, ...]] = {4: ("wan",), 6: ("wan",)}
        self.contact = Contact()
        self.now = 1000.0
        self.applied = 0
        self.own_hosts: tuple[str, ...] = ()
        self.indexes: dict[str, int] = {}
        defaults = {**ms.DEFAULTS, **OWN_VALUES, "DeviceInfo.ProvisioningCode": ""}
        own = self.own = OwnValues(defaults, file or {})
        code: Parameter[None, Any] = Parameter(
            "ProvisioningCode",
            lambda _: own.get("DeviceInfo.ProvisioningCode"),
            lambda _, value: own.stage("DeviceInfo.ProvisioningCode", value),
        )
        info: Object[Any] = Object("Device.DeviceInfo.", lambda: (None,), lambda _: (), [code], backend=own)
        server = ms.management_server("Device.", own, schema(), lambda: "")
        self.model = DataModel(schema(), [info, *server], own, [], self.documents, lambda: self.now, boot_id=boot)
        self.model.load()
        self.discovery = Discovery(
            self.model,
            own,
            lambda: self.settings,
            lambda: self.ways,
            lambda: self.contact,
            lambda: Moment(self.now, NOON),
            LeaseEvents(str(place), boot),
            self._applied,
            own_hosts=lambda: self.own_hosts,
            index_of=lambda name: self.indexes.get(name, 0),
        )
        if begins:
            self.discovery.begin()

    def _applied(self) -> None:
        self.applied += 1

    @property
    def url(self) -> str:
        """The ACS in force."""
        return str(self.own.get(ms.URL))

    @property
    def by(self) -> dict[str, Any]:
        """Who has set it."""
        return self.own.set_by(ms.URL)

    def hears(self, *events: Mapping[str, Any]) -> "Finder":
        """Clients tell of leases, and the owner's thread has its turn."""
        for event in events:
            self.discovery.heard(event)
        return self.turns()

    def turns(self) -> "Finder":
        """The owner's thread looks whether there is something to do, and does it."""
        due = self.discovery.due(self.now)
        if due is not None and due <= self.now:
            self.discovery.act(self.now)
        return self

    def sets(self, caller: Caller, **values: str) -> None:
        """Somebody sets parameters of the ManagementServer object."""
        change = self.model.transaction(caller)
        for name, value in values.items():
            change.set(f"{SERVER}{name}", value)
        change.commit()

    def value(self, path: str) -> str:
        """A parameter."""
        return self.model.get([path], Caller.LOCAL)[0].text

    def restarted(self, boot: str = "") -> "Finder":
        """The agent ends at once and starts anew; the machine too, where ``boot`` is another."""
        later = Finder(self.place, self.documents, boot=boot or self.boot, begins=False)
        later.indexes = self.indexes
        later.ways, later.settings = self.ways, self.settings
        later.discovery.begin()
        return later.turns()
