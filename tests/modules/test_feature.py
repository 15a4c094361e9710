"""Software modules as a part of the agent."""

from pathlib import Path
from types import SimpleNamespace
from typing import Any

from agent.cwmp.event_queue import EventQueue
from agent.cwmp.management_server import DEFAULTS
from agent.model.own_values import OwnValues
from agent.modules.feature import feature
from tests.backends.tr181.test_software_modules import Machine
from tests.fakes.documents import Documents


def ground(place: Path, machine: Machine | None) -> Any:
    """What of an agent the part asks for."""
    nothing: Any = None
    tables = SimpleNamespace(modules=machine.modules) if machine else None
    return SimpleNamespace(
        mechanisms=SimpleNamespace(modules=tables, path_of=lambda _: "", state_directory=place / "state"),
        own=OwnValues(DEFAULTS, {}), delivery=SimpleNamespace(events=EventQueue()), store=Documents(),
        url_policy=nothing, way_to_acs=SimpleNamespace(of_files=nothing), inbox=nothing,
        model=SimpleNamespace(peek=lambda _: {}, save=lambda: None), faults=SimpleNamespace(happened=lambda *_: None),
    )  # fmt: skip


def test_a_machine_without_environments_has_nothing_of_it(tmp_path: Path) -> None:
    made = feature(ground(tmp_path, None))
    assert (made.operations, made.outbox, made.units, dict(made.verbs)) == ((), (), None, {})


def test_the_engine_is_an_operation_owns_requests_and_takes_orders(tmp_path: Path) -> None:
    made = feature(ground(tmp_path, Machine(tmp_path)))
    [engine] = made.operations
    assert made.outbox == [engine]
    assert made.units is engine
    assert list(made.verbs) == ["modules"]
    assert list(made.secrets()) == []
