"""A gateway with two execution environments, its engine, and an ACS that speaks to it; jobs are done in turn."""

import shutil
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from agent.cwmp import messages
from agent.cwmp.event_queue import EventQueue
from agent.cwmp.outbox import Outbox
from agent.modules.engine import ModuleEngine, Surroundings
from agent.modules.results import Policy
from agent.modules.work import Tools
from agent.runtime.actions import Begin
from agent.runtime.events import Moment
from agent.transfers.failures import Cause as Moved
from agent.transfers.failures import TransferFailed
from backends.commands import run
from backends.desired_state import Wanted
from backends.modules.archives import Archives
from backends.modules.inventory import EnvironmentSetting, Modules
from backends.modules.opkg import Opkg
from backends.modules.packages import Packages
from backends.modules.runner import OwnRunner
from backends.versions import is_older
from tests.backends.modules.making import verify
from tests.fakes.documents import Documents

FAKE = Path(__file__).parents[1] / "fakes/package_manager.py"
URL = "http://files.example.com/"


class Nothing:
    """No service runs."""

    def running(self, name: str) -> None:
        return None


class Gateway:
    """``served`` has the files of the server by name, and ``trouble`` what happens instead of a transfer."""

    def __init__(self, place: Path, store: Documents | None = None) -> None:
        self.place = place
        self.store = store or Documents()
        self.served = place / "served"
        self.served.mkdir(exist_ok=True)
        self.trouble: dict[str, Moved] = {}
        self.fetched: list[str] = []
        self.policy = Policy()
        self.noted: list[str] = []
        self.fields: list[dict[str, Any]] = []
        self.now = Moment(1000.0, 1_700_000_000.0)
        root = place / "root"
        for folder in ("usr/lib/opkg/info", "rom/etc", "etc/opkg"):
            (root / folder).mkdir(parents=True, exist_ok=True)
        (root / "usr/lib/opkg/status").touch()
        opkg = Opkg(run, [sys.executable, str(FAKE), "opkg", str(root)])
        self.archives = Archives(
            place / "archives", OwnRunner(place / "units"), verify, is_older, machine=lambda: "x86_64"
        )
        self.packages = Packages(opkg, place / "kept", Nothing(), is_older, verify, run, root)
        self.modules = Modules([self.archives, self.packages], place / "booted", "boot 1", settled=0.0)
        self.modules.apply(Wanted())
        self.events = EventQueue()
        tools = Tools(self.modules, self.fetch, place / "incoming", lambda: self.now.wall)
        given = Surroundings(
            lambda table, key: f"Device.SoftwareModules.{table}.{key}",
            lambda path: {
                "Device.SoftwareModules.ExecEnv.1": "archives",
                "Device.SoftwareModules.ExecEnv.2": "opkg",
            }.get(path),
            lambda: self.policy,
            self._note,
        )
        self.engine = ModuleEngine(tools, self.store, self.events, given)
        self.outbox = Outbox([self.engine], self.events)

    def _note(self, _kind: str, _about: str, text: str, **fields: Any) -> None:
        self.noted.append(text)
        self.fields.append(fields)

    def fetch(self, url: str, username: str, password: str, to: Path) -> None:
        name = url.removeprefix(URL)
        self.fetched.append(name)
        if name in self.trouble:
            raise TransferFailed(self.trouble[name], "as asked for")
        if not (self.served / name).exists():
            raise TransferFailed(Moved.NO_ACCESS, "404")
        to.parent.mkdir(exist_ok=True)
        shutil.copyfile(self.served / name, to)

    def again(self) -> "Gateway":
        """After a crash, and a new start of the agent."""
        return Gateway(self.place, self.store)

    def disable(self, environment: str) -> None:
        self.modules.apply(Wanted().with_record(environment, EnvironmentSetting(enable=False)))

    def order(self, *operations: messages.Operation, key: str = "key") -> None:
        self.engine.change(operations, key, None)

    def step(self, *, in_session: bool = False) -> bool:
        """Do what is due; whether it was a job."""
        actions = self.engine.act(self.now, in_session)
        told: list[object] = []
        for action in actions:
            assert isinstance(action, Begin)
            action.job(told.append)
        for one in told:
            self.engine.heard(one, self.now)
        return bool(actions)

    def settle(self) -> None:
        """Until nothing is due at once."""
        for _ in range(100):
            due = self.engine.due(self.now, in_session=False)
            if due is None or due > self.now.monotonic or not (self.step() or self.engine.modules.orders):
                break

    def results(self) -> Sequence[Any]:
        """What the ACS is told of the one order that is over; it answers."""
        [waiting] = self.engine.waiting()
        request = waiting.request
        self.engine.delivered(waiting.key)
        assert isinstance(request, (messages.DUStateChangeComplete, messages.AutonomousDUStateChangeComplete))
        return request.results

    def done(self, *operations: messages.Operation) -> list[tuple[int, str, str]]:
        """Order, do, and hear: code, state and version of each result."""
        self.order(*operations)
        self.settle()
        return [(one.fault.fault_code, one.current_state, one.version) for one in self.results()]


def install(name: str, uuid: str | None = None, env: str | None = None) -> messages.InstallOpStruct:
    return messages.InstallOpStruct(URL + name, uuid, None, None, env)


def update(name: str | None = None, uuid: str | None = None, version: str | None = None) -> messages.UpdateOpStruct:
    return messages.UpdateOpStruct(uuid, version, URL + name if name else None)


def uninstall(uuid: str, version: str | None = None, env: str | None = None) -> messages.UninstallOpStruct:
    return messages.UninstallOpStruct(uuid, version, env)


Make = Callable[[Gateway], list[tuple[int, str, str]]]
