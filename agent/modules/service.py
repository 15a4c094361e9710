"""Builds what handles software modules: the engine, how it fetches files, and its verb, over what the wiring knows."""

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeVar

from agent.cwmp.event_queue import EventQueue
from agent.model.durable_state import Store
from agent.model.object import Target
from agent.model.own_values import OwnValues
from agent.modules.engine import ModuleEngine, Surroundings
from agent.modules.results import Policy
from agent.modules.work import Tools
from agent.transfers.orders import FileOrder
from agent.transfers.url_policy import UrlPolicy
from backends.modules.inventory import Modules
from backends.tr181.mechanisms import Mechanisms
from backends.tr181.software_modules import DEPLOYED, ENVIRONMENTS, UNITS, place_of

if TYPE_CHECKING:
    from agent.transfers.mover import Way

INCOMING: Final = "incoming"
LARGEST: Final = 256 << 20
"""Bytes of a module's file."""
TABLES: Final = {"DeploymentUnit": DEPLOYED, "ExecutionUnit": UNITS}

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Around:
    """What the modules need of the rest. ``in_turn`` has something asked in the owner's thread, for who is in another;
    ``peek`` reads parameters, and so gives rows their numbers; ``save`` makes these durable.
    """

    own: OwnValues
    events: EventQueue
    policy: Callable[[], UrlPolicy]
    way: "Callable[[], Way]"
    in_turn: "Callable[[Callable[[], tuple[UrlPolicy, Way]]], tuple[UrlPolicy, Way]]"
    clock: Callable[[], float | None]
    peek: Callable[[Sequence[str]], Mapping[str, str]]
    save: Callable[[], None]
    note: Callable[..., object] = lambda *_told, **_fields: None


class ModuleService:
    """``engine`` is an operation of the core, the RPC's deployment units, and an owner of the outbox."""

    def __init__(self, modules: Modules, mechanisms: Mechanisms, store: Store, around: Around) -> None:
        self._modules = modules
        self._around = around
        self._path_of = mechanisms.path_of
        tools = Tools(modules, self._fetch, place_of(mechanisms) / INCOMING, around.clock)
        own = around.own
        given = Surroundings(self._reference, self._environment_at, lambda: Policy.of(own.get), around.note)
        self.engine = ModuleEngine(tools, store, around.events, given)

    @property
    def table(self) -> Mapping[str, Callable[[Mapping[str, Any]], dict[str, Any]]]:
        """The control verb."""
        return {"modules": lambda _arguments: self.picture()}

    def picture(self) -> dict[str, Any]:
        """Environments, deployment units, execution units and orders, for people; without secrets."""
        modules = self._modules
        for environment in modules.environments.values():
            environment.forget()
        modules.forget()
        return {
            "environments": [
                {
                    "name": one.name,
                    "type": one.kind,
                    "status": modules.environment_status(one.name),
                    "disk_kib": one.resources().disk,
                }
                for one in modules.environments.values()
            ],
            "deployment_units": [
                {
                    "path": self._reference("DeploymentUnit", key),
                    "uuid": one.uuid,
                    "name": one.name,
                    "vendor": one.vendor,
                    "version": one.version,
                    "environment": one.environment,
                    "status": modules.changing.get(key, "Installed"),
                    "resolved": (found := modules.installed(one)) is not None and found.is_resolved,
                }
                for key, one in modules.deployed.items()
            ],
            "execution_units": [
                {
                    "euid": unit.key,
                    "deployment_unit": unit.deployed.uuid,
                    "name": unit.facts.name,
                    "status": modules.status(unit),
                    "auto_start": modules.starts_by_itself(unit),
                    "fault": modules.fault(unit)[0],
                    "message": modules.fault(unit)[1],
                }
                for unit in modules.units()
            ],
            **self.engine.picture(),
        }

    def _fetch(self, url: str, username: str, password: str, to: Path) -> None:
        """See agent.modules.work.Fetch: by the transfers' mover, within their rules of now."""
        from agent.transfers import mover  # loaded when it is needed

        around = self._around
        policy, way = around.in_turn(lambda: (around.policy(), around.way()))
        to.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        order = FileOrder(url, username, password, "", 0, "", False, "", to.name, largest=LARGEST)
        mover.download(order, to, policy=policy, progress=lambda _done, _of: None, cancelled=lambda: False, http=way)

    def _reference(self, table: str, key: str) -> str:
        target = Target(TABLES[table], (key,))
        path = self._path_of(target)
        if not path:
            self._around.peek([TABLES[table].removesuffix("{i}.")])  # it is new: reading gives it a number
            with suppress(OSError):  # the store has said so in the log; the number is the same as long as it runs
                self._around.save()
            path = self._path_of(target)
        return path.removesuffix(".")

    def _environment_at(self, reference: str) -> str | None:
        """By number or by alias; the root may be left out (TR-069 §A.4.1.10)."""
        table = ENVIRONMENTS.removesuffix("{i}.")
        last = reference.strip().removesuffix(".")
        if last.startswith("."):
            last = f"{table.partition('.')[0]}{last}"
        if not last.startswith(table):
            return None
        wanted = last.removeprefix(table)
        rows: dict[str, dict[str, str]] = {}
        for path, text in self._around.peek([table]).items():
            number, _, name = path.removeprefix(table).partition(".")
            rows.setdefault(number, {})[name] = text
        for number, row in rows.items():
            if wanted in (number, f"[{row.get('Alias')}]"):
                return row.get("Name")
        return None
