"""A device with two diagnostics of the tests' own, under the names of two of TR-181's."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from agent.model.object import Object, Parameter
from agent.model.own_values import OwnValues
from backends.desired_state import Pointer, Record
from backends.tr181.diagnostics import DiagnosticTables, Test, diagnostics, needed
from backends.tr181.mechanisms import Mechanisms
from tests.backends.small_device import SmallDevice
from tests.schemas import shipped_schema

IP = "Device.IP.Diagnostics."
WAITING, FAILING = f"{IP}IPPing.", f"{IP}TraceRoute."
STATE, HOST = f"{WAITING}DiagnosticsState", f"{WAITING}Host"


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings(Record):
    interface: Pointer | None = None
    host: str = ""
    number_of_repetitions: int = 3
    dscp: int = 0
    quickly: bool = False
    pace: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class OtherSettings(Record):
    host: str = ""


def two() -> tuple[Test, Test]:
    return (
        Test(
            "Waiting",
            WAITING,
            Settings,
            "tests.diagnostics.answering:Waiting",
            lambda settings, link: settings.host if settings.number_of_repetitions == 3 else (settings, link),
            ("Interface", "Host", "NumberOfRepetitions", "DSCP"),
            {"IPAddressUsed": "", "SuccessCount": 0},
            check=lambda settings: needed(Settings, settings, "host"),
        ),
        Test(
            "Failing",
            FAILING,
            OtherSettings,
            "tests.diagnostics.answering:Failing",
            lambda settings, _link: settings.host,
            ("Host",),
        ),
    )


class Diagnosed(SmallDevice):
    """``links`` are those that interfaces stand for, by key."""

    def __init__(self, store: Any = None, tests: Sequence[Test] = two()) -> None:
        self.schema = shipped_schema()
        self.links = {"eth0": "eth0"}
        self.tables = DiagnosticTables(tests, lambda pointer: self.links.get(pointer.keys[-1]))
        nothing: Any = None
        given = Mechanisms(
            *[nothing] * 6,
            OwnValues({}, {}),
            links=nothing,
            diagnostics=self.tables,  # type: ignore[arg-type]
        )
        interfaces: Object[Any] = Object(
            "Device.IP.Interface.{i}.",
            lambda: [("eth0",)],
            lambda row: row,
            [Parameter("Name", lambda row: row[0])],
        )
        super().__init__([interfaces, *diagnostics(given)], backends=[self.tables], store=store)

    def restarted(self) -> "Diagnosed":
        return Diagnosed(self.store)
