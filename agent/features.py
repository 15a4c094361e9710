"""Parts that an installation may be without: each is known by its name here, and imported when the agent is built."""

import importlib
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol

from agent.cwmp.messages import DeviceIdStruct
from agent.cwmp.outbox import Owner
from agent.cwmp.rpc import DeploymentUnits
from agent.model.data_model import DataModel
from agent.model.own_values import OwnValues
from agent.model.schema import Schema
from agent.runtime.core import Core
from agent.runtime.delivery import Delivery
from agent.runtime.discovery import Discovery
from agent.runtime.housekeeping import Chore
from agent.runtime.loop import Inbox
from agent.runtime.operations import Operation
from agent.runtime.redactor import Redactor
from agent.runtime.store import FileStore
from agent.runtime.trace import TraceStore
from agent.settings import Settings
from agent.transfer_service import TransferService
from agent.transfers.url_policy import UrlPolicy
from agent.way_to_acs import WayToAcs
from backends.faults import Faults
from backends.tr181.mechanisms import Mechanisms

log = logging.getLogger(__name__)

FEATURES: Final = ("agent.support.feature", "agent.diagnostics.feature", "agent.modules.feature", "agent.omci.feature")
"""Modules with ``feature(ground)``, in the order in which they are built."""

Verb = Callable[[Mapping[str, Any]], dict[str, Any]]
Stream = Callable[[dict[str, Any]], Iterator[dict[str, Any] | None]]


@dataclass(frozen=True, slots=True)
class Feature:
    """What a part adds to the agent. ``verbs`` and ``streams``: of the control socket (see runtime.control).

    ``started`` is told once whether this is a start after a boot. ``secrets`` are texts that no log shows. ``forget``:
    a factory reset, also where the part is switched off.
    """

    operations: Sequence[Operation] = ()
    outbox: Sequence[Owner] = ()
    verbs: Mapping[str, Verb] = field(default_factory=dict)
    streams: Mapping[str, Stream] = field(default_factory=dict)
    chores: Sequence[Chore] = ()
    units: DeploymentUnits | None = None
    started: Callable[[bool], None] = lambda _is_boot: None
    secrets: Callable[[], Sequence[str]] = tuple
    forget: Callable[[], object] = tuple


class Ground(Protocol):
    """What a part stands on: the agent, whose model, transfers and delivery are there."""

    inbox: Inbox
    settings: Settings
    store: FileStore
    own: OwnValues
    schema: Schema
    model: DataModel
    mechanisms: Mechanisms
    delivery: Delivery
    discovery: Discovery
    transfers: TransferService
    faults: Faults
    device_id: DeviceIdStruct
    redactor: Redactor
    traces: TraceStore
    way_to_acs: WayToAcs
    core: Core
    """Built after the parts."""

    @property
    def log_lines(self) -> Callable[[], list[dict[str, Any]]]:
        """The last lines of the log."""

    def save_all(self) -> None:
        """Make durable what the ACS is to be told, then the model."""

    def url_policy(self) -> UrlPolicy:
        """With which file servers files may be exchanged now."""


def features(ground: Ground) -> list[Feature]:
    """Those of this installation."""
    found = []
    for name in FEATURES:
        try:
            module = importlib.import_module(name)
        except ModuleNotFoundError as missing:
            if name.startswith(str(missing.name)):
                log.info("this installation is without %s", name.split(".")[1])
            else:
                log.error("%s is left out: %s", name.split(".")[1], missing)
            continue
        except ImportError as other:  # a package of another release
            log.error("%s is left out: it is not of this release of the agent (%s)", name.split(".")[1], other)
            continue
        found.append(module.feature(ground))
    return found


def units_of(some: Sequence[Feature]) -> DeploymentUnits | None:
    """Who installs software modules; None where nobody does."""
    return next((each.units for each in some if each.units is not None), None)
